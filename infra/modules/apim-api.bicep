// The API at the root of the gateway: the handler's endpoints and nothing else.

@description('An operation: a path of the handler with one method.')
type Operation = {
  name: string
  method: string
  path: string
}

@description('Name of the API Management service.')
param serviceName string

@description('Origin of the function app.')
param backendOrigin string

@description('Client id of the identity that API Management presents to the handler.')
param gatewayClientId string

@description('Client id of the Entra app: the audience of that token.')
param entraClientId string

@description('Calls of one address a minute.')
param callsPerMinute int

// The handler answers every method of its endpoints itself, 405 and CORS included: SDKs accept 405 but throw on 404.
var methods = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']
// The handler's own statement (tests/contract.rs writes it).
var paths = flatten(map(loadJsonContent('../contract.json').endpoints, endpoint => endpoint.paths))
var operations Operation[] = flatten(map(paths, path => map(methods, method => {
  name: '${toLower(method)}${replace(replace(path, '.', ''), '/', '-')}'
  method: method
  path: path
})))

resource service 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: serviceName

  resource entraClient 'namedValues' = {
    name: 'entra-client-id'
    properties: { displayName: 'entra-client-id', value: entraClientId, secret: false }
  }

  resource gatewayClient 'namedValues' = {
    name: 'gateway-client-id'
    properties: { displayName: 'gateway-client-id', value: gatewayClientId, secret: false }
  }
}

resource api 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: service
  name: 'mcp'
  properties: {
    displayName: 'MCP server'
    path: ''
    protocols: ['https']
    serviceUrl: backendOrigin
    subscriptionRequired: false
  }

  resource policy 'policies' = {
    name: 'policy'
    properties: { format: 'rawxml', value: replace(loadTextContent('../policies/api.xml'), 'CALLS_PER_MINUTE', string(callsPerMinute)) }
    dependsOn: [service::entraClient, service::gatewayClient]
  }
}

// API Management refuses changes of one API that meet (PessimisticConcurrencyConflict): first its policy, then a few at a time.
@batchSize(5)
resource routes 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = [
  for operation in operations: {
    parent: api
    name: operation.name
    properties: {
      displayName: '${operation.method} ${operation.path}'
      method: operation.method
      urlTemplate: operation.path
    }
    dependsOn: [api::policy]
  }
]

@description('Name of the API.')
output name string = api.name
