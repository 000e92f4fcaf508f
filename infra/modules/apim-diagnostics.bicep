// Requests in Application Insights, and failed ones in Log Analytics: never a byte of a body, a header, an address, or a code.

@description('Name of the API Management service.')
param serviceName string

@description('Name of the API in it.')
param apiName string

@description('Resource id of Application Insights.')
param insightsId string

@description('Connection string of Application Insights; no credential.')
param insightsConnectionString string

@description('Resource id of the Log Analytics workspace that gets failed requests.')
param workspaceId string

@description('Client id of the identity that sends telemetry.')
param gatewayClientId string

// Query parameters of OAuth and MCP requests that must not be logged.
var maskedParameters = ['code', 'state', 'id', 'request', 'login_hint', 'id_token_hint', 'nonce', 'access_token', 'sessionId']
var message = {
  headers: []
  body: { bytes: 0 }
  dataMasking: { queryParams: map(maskedParameters, name => { value: name, mode: 'Mask' }), headers: [] }
}
var diagnostics = {
  alwaysLog: 'allErrors'
  verbosity: 'information'
  logClientIp: false
  frontend: { request: message, response: message }
  backend: { request: message, response: message }
}

var inApplicationInsights = union(diagnostics, {
  loggerId: logger.id
  sampling: { samplingType: 'fixed', percentage: 100 }
  httpCorrelationProtocol: 'W3C'
})
// Application Insights has every request already, so only errors, which alwaysLog exempts from sampling.
var inLogAnalytics = union(diagnostics, {
  loggerId: azureMonitor.id
  sampling: { samplingType: 'fixed', percentage: 0 }
})

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

// The name is reserved for the resource logs of API Management.
resource azureMonitor 'Microsoft.ApiManagement/service/loggers@2024-05-01' = {
  parent: service
  name: 'azuremonitor'
  properties: { loggerType: 'azureMonitor', isBuffered: true }
}

resource everywhere 'Microsoft.ApiManagement/service/diagnostics@2024-05-01' = {
  parent: service
  name: 'applicationinsights'
  properties: inApplicationInsights
}

resource here 'Microsoft.ApiManagement/service/apis/diagnostics@2024-05-01' = {
  parent: service::api
  name: 'applicationinsights'
  properties: inApplicationInsights
}

resource logsEverywhere 'Microsoft.ApiManagement/service/diagnostics@2024-05-01' = {
  parent: service
  name: 'azuremonitor'
  properties: inLogAnalytics
}

resource logsHere 'Microsoft.ApiManagement/service/apis/diagnostics@2024-05-01' = {
  parent: service::api
  name: 'azuremonitor'
  properties: inLogAnalytics
}

// After the settings above, so that no request is logged as API Management would by default: with its address and its query.
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'failed-requests'
  scope: service
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ category: 'GatewayLogs', enabled: true }]
  }
  dependsOn: [logsEverywhere, logsHere]
}
