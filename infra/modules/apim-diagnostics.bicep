// Requests in Application Insights: never a byte of a body, a header, an address, or a code.

@description('Name of the API Management service.')
param serviceName string

@description('Name of the API in it.')
param apiName string

@description('Resource id of Application Insights.')
param insightsId string

@description('Connection string of Application Insights; no credential.')
param insightsConnectionString string

@description('Client id of the identity that sends telemetry.')
param gatewayClientId string

// What may stand in the query of an OAuth or MCP request and must not stand in a log.
var maskedParameters = ['code', 'state', 'id', 'request', 'login_hint', 'id_token_hint', 'nonce', 'access_token', 'sessionId']
var message = {
  headers: []
  body: { bytes: 0 }
  dataMasking: { queryParams: map(maskedParameters, name => { value: name, mode: 'Mask' }), headers: [] }
}
var diagnostics = {
  alwaysLog: 'allErrors'
  sampling: { samplingType: 'fixed', percentage: 100 }
  verbosity: 'information'
  httpCorrelationProtocol: 'W3C'
  logClientIp: false
  frontend: { request: message, response: message }
  backend: { request: message, response: message }
}

resource service 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: serviceName

  resource api 'apis' existing = { name: apiName }
}

resource logger 'Microsoft.ApiManagement/service/loggers@2024-05-01' = {
  parent: service
  name: 'applicationinsights'
  properties: {
    loggerType: 'applicationInsights'
    resourceId: insightsId
    credentials: { connectionString: insightsConnectionString, identityClientId: gatewayClientId }
    isBuffered: true
  }
}

resource everywhere 'Microsoft.ApiManagement/service/diagnostics@2024-05-01' = {
  parent: service
  name: 'applicationinsights'
  properties: union(diagnostics, { loggerId: logger.id })
}

resource here 'Microsoft.ApiManagement/service/apis/diagnostics@2024-05-01' = {
  parent: service::api
  name: 'applicationinsights'
  properties: union(diagnostics, { loggerId: logger.id })
}
