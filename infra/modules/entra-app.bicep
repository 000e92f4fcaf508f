// One app registration: sign-in client and on-behalf-of middle tier. Its only credential is the workload identity.

extension microsoftGraphV1

import { federationAudiences, federationIssuers } from 'clouds.bicep'
import { Identity } from 'types.bicep'

@description('Key of the registration: the same value is the same app at every deployment.')
param uniqueName string

@description('Name that users see when they sign in.')
param displayName string

@description('Public origin of the server.')
param publicBaseUrl string

@description('Identity that is the credential.')
param workload Identity

@description('Consent for everyone in the tenant. Deploying it needs a privileged role; without it each user consents, where the tenant lets them.')
param grantAdminConsent bool

// Microsoft Graph has this id in every cloud.
var microsoftGraph = '00000003-0000-0000-c000-000000000000'
// Every permission of the scope table. A user is asked for one when a tool first needs it.
var scopes = loadJsonContent('../contract.json').scopes
var accessAsUser = 'access_as_user'

resource app 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: displayName
  signInAudience: 'AzureADMyOrg'
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: [
      {
        id: guid(uniqueName, accessAsUser)
        value: accessAsUser
        type: 'User'
        isEnabled: true
        userConsentDisplayName: 'Use this server as you'
        userConsentDescription: 'Lets the MCP server act for you with the permissions that you allow it.'
        adminConsentDisplayName: 'Use this server as the signed-in user'
        adminConsentDescription: 'Lets the MCP server act for the signed-in user with the permissions that the user allows it.'
      }
    ]
  }
  web: {
    redirectUris: ['${publicBaseUrl}/oauth-callback']
    implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false }
  }
  isFallbackPublicClient: false
  requiredResourceAccess: [
    { resourceAppId: microsoftGraph, resourceAccess: map(scopes, scope => { id: scope.id, type: 'Scope' }) }
  ]

  resource workloadIdentity 'federatedIdentityCredentials' = {
    name: '${app.uniqueName}/workload-identity'
    description: 'The managed identity of the function app.'
    issuer: '${federationIssuers[environment().name]}/${tenant().tenantId}/v2.0'
    subject: workload.principalId
    audiences: [federationAudiences[environment().name]]
  }
}

// The gateway's token is issued for this principal.
resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: app.appId
  appRoleAssignmentRequired: false
}

// Read only when it is needed: reading it takes a permission that a pipeline need not have.
resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = if (grantAdminConsent) {
  appId: microsoftGraph
}

resource graphConsent 'Microsoft.Graph/oauth2PermissionGrants@v1.0' = if (grantAdminConsent) {
  clientId: principal.id
  consentType: 'AllPrincipals'
  resourceId: graph!.id
  scope: 'openid profile offline_access ${join(map(scopes, scope => scope.graph), ' ')}'
}

resource ownConsent 'Microsoft.Graph/oauth2PermissionGrants@v1.0' = if (grantAdminConsent) {
  clientId: principal.id
  consentType: 'AllPrincipals'
  resourceId: principal.id
  scope: accessAsUser
}

@description('Client id.')
output clientId string = app.appId
