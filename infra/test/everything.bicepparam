// Every parameter away from its default.

using '../main.bicep'

param environmentName = 'everything'
param location = 'swedencentral'
param apimSku = 'StandardV2'
param publisherEmail = 'owner@contoso.example'
param vnetEnabled = true
param vnetAddressPrefix = '192.168.4.0/24'
param instanceMemoryMB = 4096
param alwaysReadyCount = 3
param maximumInstanceCount = 100
param mcpServerName = 'Contoso MCP'
param allowedOrigins = 'https://app.contoso.example,https://inspector.contoso.example'
param privateUseSchemes = 'cursor,vscode,com.contoso.app'
param clientMetadataHosts = 'claude.ai,vscode.dev,!test.vscode.dev'
param defaultScopes = 'user.read,mail.read'
param mcpTools = 'get_graph_user_details,search_mail=User'
param logLevel = 'debug'
param eventPollMilliseconds = 250
param mcpLimits = 'streams=64,tool-calls-at-once=48'
param gatewayCallsPerMinute = 30000
param logRetentionInDays = 90
param logDailyCapGB = 10
param logStoreOperations = true
param alertEmail = 'operators@contoso.example'
param grantAdminConsent = true
param preauthorizedClientIds = '5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5, AEBC6443-996D-45C2-90F0-388FF96FAA56:public'
param assignmentRequired = true
param assignedPrincipalIds = '11111111-1111-1111-1111-111111111111, 22222222-2222-2222-2222-222222222222'
param adminPrincipalIds = '33333333-3333-3333-3333-333333333333'
param cosmosAccountName = 'cosmos-restored'
param keyVaultCreateMode = 'recover'
param budgetAmount = 500
param budgetContactEmail = 'owner@contoso.example'
param budgetStartDate = '2026-11-01'
