// Private endpoints, and the tier of API Management that can use them.

using '../main.bicep'

param environmentName = 'vnet'
param location = 'westeurope'
param vnetEnabled = true
