// Refused: preauthorizedClientIds (PREAUTHORIZED_CLIENT_IDS) needs grantAdminConsent (GRANT_ADMIN_CONSENT)

using '../../main.bicep'

param environmentName = 'refused'
param location = 'westeurope'
param preauthorizedClientIds = '5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5'
