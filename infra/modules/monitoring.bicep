// Log Analytics and Application Insights; telemetry is accepted with Entra tokens only.

import { Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Suffix that makes names unique.')
param token string

@description('Days that telemetry is kept.')
@minValue(30)
@maxValue(730)
param retentionInDays int

@description('Gigabytes a day, after which telemetry is dropped until the next day. 0: no cap.')
@minValue(0)
param dailyCapGB int

@description('Object ids of the identities that send telemetry.')
param publisherPrincipalIds string[]

var monitoringMetricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionInDays
    workspaceCapping: { dailyQuotaGb: dailyCapGB == 0 ? -1 : dailyCapGB }
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

resource publishers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principalId in publisherPrincipalIds: {
    name: guid(insights.id, principalId, monitoringMetricsPublisher)
    scope: insights
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', monitoringMetricsPublisher)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

@description('Resource id of Application Insights.')
output insightsId string = insights.id

@description('Resource id of the workspace.')
output workspaceId string = workspace.id

@description('Says where telemetry goes; no credential, because local authentication is off.')
output connectionString string = insights.properties.ConnectionString
