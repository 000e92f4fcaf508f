// A workbook for operators: a tile for each question, and each tile is a query of infra/queries.

import { Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Resource id of Application Insights, in which the queries run.')
param insightsId string

@description('A tile.')
type Tile = {
  @description('The name of its query.')
  name: string

  @description('The heading.')
  title: string

  @description('How the rows are shown.')
  visualization: 'table' | 'timechart'

  @description('The query.')
  query: string
}

var tiles Tile[] = [
  {
    name: 'sign-ins'
    title: 'Sign-ins by their last step'
    visualization: 'table'
    query: loadTextContent('../queries/sign-ins.kql')
  }
  {
    name: 'refusals'
    title: 'Refused requests by reason'
    visualization: 'table'
    query: loadTextContent('../queries/refusals.kql')
  }
  {
    name: 'tool-calls'
    title: 'Tool calls (milliseconds)'
    visualization: 'table'
    query: loadTextContent('../queries/tool-calls.kql')
  }
  {
    name: 'service-calls'
    title: 'Calls to Cosmos DB, Key Vault, Entra ID and Microsoft Graph (milliseconds)'
    visualization: 'table'
    query: loadTextContent('../queries/service-calls.kql')
  }
  {
    name: 'open-streams'
    title: 'HTTP+SSE streams where one opened or closed'
    visualization: 'timechart'
    query: loadTextContent('../queries/open-streams.kql')
  }
  {
    name: 'versions'
    title: 'Versions that run'
    visualization: 'table'
    query: loadTextContent('../queries/versions.kql')
  }
  {
    name: 'limits-reached'
    title: 'Limits reached'
    visualization: 'table'
    query: loadTextContent('../queries/limits-reached.kql')
  }
  {
    name: 'blocks'
    title: 'What operators decided, and what is refused because of a block'
    visualization: 'table'
    query: loadTextContent('../queries/blocks.kql')
  }
  {
    name: 'warnings'
    title: 'Warnings and errors outside requests'
    visualization: 'table'
    query: loadTextContent('../queries/warnings.kql')
  }
]

var hour = 3600000
var range = {
  type: 9
  name: 'range'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    queryType: 0
    resourceType: 'microsoft.insights/components'
    parameters: [
      {
        id: guid(insightsId, 'range')
        version: 'KqlParameterItem/1.0'
        name: 'range'
        label: 'Time range'
        type: 4
        isRequired: true
        value: { durationMs: 24 * hour }
        typeSettings: {
          allowCustom: true
          selectableValues: map([1, 4, 24, 72, 168, 720], hours => { durationMs: hours * hour })
        }
      }
    ]
  }
}
var prelude = loadTextContent('../queries/prelude.kql')

// The shape is that of https://github.com/microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json.
resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(insightsId, 'operators')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'MCP server'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: insightsId
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat(
        [range],
        map(tiles, tile => {
          type: 3
          name: tile.name
          content: {
            version: 'KqlItem/1.0'
            title: tile.title
            query: '${prelude}${tile.query}'
            size: 0
            queryType: 0
            resourceType: 'microsoft.insights/components'
            timeContextFromParameter: 'range'
            visualization: tile.visualization
            noDataMessage: 'No such line in this time.'
          }
        })
      )
      fallbackResourceIds: [insightsId]
      '$schema': 'https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json'
    })
  }
}
