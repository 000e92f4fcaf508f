// Mail when something needs a person. Each alert is a query of infra/queries and a page of docs/operations/alerts.

import { Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Suffix that makes names unique.')
param token string

@description('Address that is told.')
param email string

@description('Resource id of Application Insights.')
param insightsId string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('An alert. It fires when its query returns a row.')
type Alert = {
  @description('The name, which is that of its page.')
  name: string

  @description('The event, for the subject of the mail.')
  title: string

  @description('0 is the worst.')
  severity: 0 | 1 | 2 | 3 | 4

  @description('How often the query runs, in ISO 8601.')
  every: string

  @description('How far back it looks, in ISO 8601.')
  over: string

  @description('The resource in which the query runs.')
  scope: string

  @description('The query.')
  query: string
}

var prelude = loadTextContent('../queries/prelude.kql')
var alerts Alert[] = [
  {
    name: 'entra-refuses-server'
    title: 'Entra ID does not accept the MCP server'
    severity: 1
    every: 'PT5M'
    over: 'PT15M'
    scope: insightsId
    query: '${prelude}${loadTextContent('../queries/alert-entra-refuses-server.kql')}'
  }
  {
    name: 'store-or-vault-down'
    title: 'Cosmos DB or Key Vault does not answer the MCP server'
    severity: 1
    every: 'PT5M'
    over: 'PT15M'
    scope: insightsId
    query: '${prelude}${loadTextContent('../queries/alert-store-or-vault-down.kql')}'
  }
  {
    name: 'key-ring-not-loaded'
    title: 'A process of the MCP server has no data key'
    severity: 1
    every: 'PT5M'
    over: 'PT15M'
    scope: insightsId
    query: '${prelude}${loadTextContent('../queries/alert-key-ring-not-loaded.kql')}'
  }
  {
    name: 'nobody-signs-in'
    title: 'No sign-in to the MCP server has succeeded for an hour'
    severity: 2
    every: 'PT15M'
    over: 'PT1H'
    scope: insightsId
    query: '${prelude}${loadTextContent('../queries/alert-nobody-signs-in.kql')}'
  }
  {
    name: 'token-replayed'
    title: 'An authorization code or refresh token was used twice'
    severity: 2
    every: 'PT5M'
    over: 'PT15M'
    scope: insightsId
    query: '${prelude}${loadTextContent('../queries/alert-token-replayed.kql')}'
  }
  {
    name: 'limit-reached'
    title: 'A limit of the MCP server refuses requests'
    severity: 3
    every: 'PT15M'
    over: 'PT15M'
    scope: insightsId
    query: '${prelude}${loadTextContent('../queries/alert-limit-reached.kql')}'
  }
  {
    name: 'daily-cap'
    title: 'The daily cap drops telemetry of the MCP server'
    severity: 2
    every: 'PT5M'
    over: 'PT15M'
    scope: workspaceId
    query: loadTextContent('../queries/alert-daily-cap.kql')
  }
]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'operators-${token}'
  location: 'Global'
  tags: tags
  properties: {
    groupShortName: 'mcp'
    enabled: true
    emailReceivers: [{ name: 'operators', emailAddress: email, useCommonAlertSchema: true }]
  }
}

// A new Application Insights resource may not have its tables yet, so the queries are not validated at deployment.
resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: 'alert-${alert.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: alert.title
      description: 'What to do: docs/operations/alerts/${alert.name}.md in the repository of the server.'
      severity: alert.severity
      enabled: true
      scopes: [alert.scope]
      evaluationFrequency: alert.every
      windowSize: alert.over
      criteria: {
        allOf: [
          {
            query: alert.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      autoMitigate: true
      skipQueryValidation: true
      actions: { actionGroups: [operators.id] }
    }
  }
]
