// The API at the root of the gateway: the handler's endpoints and nothing else.

@description('An operation: a path of the handler with one method.')
type Operation = {
  name: string
  method: string
  path: string

  @description('Calls a minute from one address; absent where the limit of the whole API is enough.')
  callsPerMinute: int?
}

@description('Name of the API Management service.')
param serviceName string

@description('Origin of the function app.')
param backendOrigin string

@description('Client id of the identity that API Management presents to the handler.')
param gatewayClientId string

@description('Client id of the Entra app: the audience of that token.')
param entraClientId string

// The handler answers every method of its endpoints itself, 405 and CORS included: SDKs accept 405 but throw on 404.
var methods = ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']
// The handler's own statement (tests/contract.rs writes it): its paths, and how often one address may call them.
var contract = loadJsonContent('../contract.json')
var paths = flatten(map(contract.endpoints, endpoint => map(endpoint.paths, path => {
  path: path
  callsPerMinute: endpoint.?callsPerMinute
})))
var operations Operation[] = flatten(map(paths, endpoint => map(methods, method => {
  name: '${toLower(method)}${replace(replace(endpoint.path, '.', ''), '/', '-')}'
  method: method
  path: endpoint.path
  callsPerMinute: endpoint.?callsPerMinute
})))
var costly = filter(operations, operation => operation.?callsPerMinute != null)

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
    properties: { format: 'rawxml', value: replace(loadTextContent('../policies/api.xml'), 'CALLS_PER_MINUTE', string(contract.callsPerMinute)) }
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

@batchSize(5)
resource limits 'Microsoft.ApiManagement/service/apis/operations/policies@2024-05-01' = [
  for operation in costly: {
    name: '${serviceName}/${api.name}/${operation.name}/policy'
    properties: {
      format: 'rawxml'
      value: replace(
        loadTextContent('../policies/costly-endpoint.xml'),
        'CALLS_PER_MINUTE',
        string(operation.?callsPerMinute)
      )
    }
    dependsOn: [routes]
  }
]

@description('Name of the API.')
output name string = api.name
