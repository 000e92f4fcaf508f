// Two managed identities, so that the gateway never has the rights of the workload.

import { Identity, Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Suffix that makes names unique.')
param token string

resource workload 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-workload-${token}'
  location: location
  tags: tags
}

resource gateway 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-gateway-${token}'
  location: location
  tags: tags
}

@description('The handler: storage, Cosmos DB, Key Vault, and the federated credential of the Entra app.')
output workload Identity = {
  id: workload.id
  clientId: workload.properties.clientId
  principalId: workload.properties.principalId
}

@description('API Management: its token tells the handler that a request came through the gateway.')
output gateway Identity = {
  id: gateway.id
  clientId: gateway.properties.clientId
  principalId: gateway.properties.principalId
}
