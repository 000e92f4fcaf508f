// API Management, without any API yet: its URL is needed by the Entra app before the API can exist.

import { Identity, Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Suffix that makes names unique.')
param token string

@description('BasicV2, or StandardV2, which can reach into a virtual network. Both stream; Consumption does not.')
@allowed(['BasicV2', 'StandardV2'])
param sku string

@description('Address that Azure sends notices about the service to.')
param publisherEmail string

@description('Identity of the gateway. API Management holds no other.')
param gateway Identity

@description('Subnet for the way to the function app; absent for the public one.')
param subnetId string?

resource service 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: 'apim-${token}'
  location: location
  tags: tags
  sku: { name: sku, capacity: 1 }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${gateway.id}': {} }
  }
  properties: {
    publisherName: 'MCP server'
    publisherEmail: publisherEmail
    developerPortalStatus: 'Disabled'
    legacyPortalStatus: 'Disabled'
    virtualNetworkType: subnetId == null ? 'None' : 'External'
    virtualNetworkConfiguration: subnetId == null ? null : { subnetResourceId: subnetId }
  }
}

@description('Name of the service.')
output name string = service.name

@description('Public origin of everything: https, no path, no final slash.')
output gatewayUrl string = service.properties.gatewayUrl
