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

@description('Identity of the gateway, which calls the app as itself.')
param gateway Identity

@description('Consent for everyone in the tenant. Deploying it needs a privileged role; without it each user consents, where the tenant lets them.')
param grantAdminConsent bool

@description('Only assigned users and groups may sign in. Deploying it needs a privileged role.')
param assignmentRequired bool

@description('Application ids of clients that get their tokens from Entra themselves. They need no consent of their users for access_as_user.')
param preauthorizedClientIds string[]

@description('Object ids of the users and groups to assign.')
param assignedPrincipalIds string[]

@description('Object ids of the users and groups that operate the server. Deploying any needs a privileged role.')
param adminPrincipalIds string[]

@description('The account that deploys.')
param deployer {
  objectId: string
  @description('Whether a person deploys. The role Admin is for people, not for a pipeline.')
  isPerson: bool
}

// Microsoft Graph has this id in every cloud.
var microsoftGraph = '00000003-0000-0000-c000-000000000000'
// Every permission of the scope table, by API. A user is asked for one when a tool first needs it.
var apis = loadJsonContent('../contract.json').apis
// Every role of users.
var roles = loadJsonContent('../contract.json').roles
var accessAsUser = 'access_as_user'
// The permissions that such a client asks for beside access_as_user, which stands for the first scope of the table.
var otherScopes = map(loadJsonContent('../contract.json').delegatedPermissions, permission => {
  id: guid(uniqueName, permission.name)
  value: permission.name
  type: 'User'
  isEnabled: true
  userConsentDisplayName: 'Use ${permission.name} of this server as you'
  userConsentDescription: permission.sentence
  adminConsentDisplayName: 'Use ${permission.name} of this server as the signed-in user'
  adminConsentDescription: permission.sentence
})
var userRole = guid(uniqueName, 'User')
var adminRole = guid(uniqueName, 'Admin')
var gatewayRole = guid(uniqueName, 'Gateway')
// Where somebody must be assigned, users cannot consent themselves:
// https://learn.microsoft.com/entra/identity/enterprise-apps/what-is-access-management.
var consentForAll = grantAdminConsent || assignmentRequired
// OpenID Connect's scopes belong to Microsoft Graph.
var signIn = ['openid', 'profile', 'offline_access']

resource app 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: displayName
  signInAudience: 'AzureADMyOrg'
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: concat([
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
    ], otherScopes)
    preAuthorizedApplications: map(preauthorizedClientIds, id => {
      appId: id
      delegatedPermissionIds: [guid(uniqueName, accessAsUser)]
    })
  }
  // By it the server knows which clients can answer a claims challenge.
  optionalClaims: {
    accessToken: [{ name: 'xms_cc', essential: false, additionalProperties: [] }]
  }
  // Declared always: Entra refuses to remove a role that is enabled.
  appRoles: concat(
    map(roles, role => {
      id: guid(uniqueName, role.value)
      value: role.value
      allowedMemberTypes: ['User']
      isEnabled: true
      displayName: role.value
      description: role.description
    }),
    [
      {
        id: gatewayRole
        value: 'Gateway'
        allowedMemberTypes: ['Application']
        isEnabled: true
        displayName: 'Gateway'
        description: 'Forwards calls to the server. For the identity of API Management alone.'
      }
    ]
  )
  web: {
    redirectUris: ['${publicBaseUrl}/oauth-callback']
    implicitGrantSettings: { enableAccessTokenIssuance: false, enableIdTokenIssuance: false }
  }
  isFallbackPublicClient: false
  requiredResourceAccess: map(apis, api => {
    resourceAppId: api.clientId
    resourceAccess: map(api.permissions, permission => { id: permission.id, type: 'Scope' })
  })

  resource workloadIdentity 'federatedIdentityCredentials' = {
    name: '${app.uniqueName}/workload-identity'
    description: 'The managed identity of the function app.'
    issuer: '${federationIssuers[environment().name]}/${tenant().tenantId}/v2.0'
    subject: workload.principalId
    audiences: [federationAudiences[environment().name]]
  }
}

// The gateway's token is issued for this principal. It does not say whether assignment is required: what an administrator
// has set stays.
resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: app.appId
}

// Without it the gateway's identity gets AADSTS501051 instead of a token.
resource gatewayAssignment 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (assignmentRequired) {
  principalId: gateway.principalId
  resourceId: principal.id
  appRoleId: gatewayRole
}

resource userAssignments 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for principalId in assignedPrincipalIds: if (assignmentRequired) {
    principalId: principalId
    resourceId: principal.id
    appRoleId: userRole
  }
]

// Microsoft Graph refuses the same assignment twice.
var letsDeployerIn = assignmentRequired && deployer.isPerson

resource adminAssignments 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for principalId in adminPrincipalIds: if (!letsDeployerIn || toLower(principalId) != toLower(deployer.objectId)) {
    principalId: principalId
    resourceId: principal.id
    appRoleId: adminRole
  }
]

// If assignment is required, the deployer needs one, too.
resource deployerAssignment 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (letsDeployerIn) {
  principalId: deployer.objectId
  resourceId: principal.id
  appRoleId: adminRole
}

// The same principal, once everybody is assigned.
resource closedPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = if (assignmentRequired) {
  appId: app.appId
  appRoleAssignmentRequired: true
  dependsOn: [principal, gatewayAssignment, userAssignments, adminAssignments, deployerAssignment]
}

// Read only when it is needed: reading it takes a permission that a pipeline need not have.
resource apiPrincipals 'Microsoft.Graph/servicePrincipals@v1.0' existing = [
  for api in apis: if (consentForAll) { appId: api.clientId }
]

resource apiConsents 'Microsoft.Graph/oauth2PermissionGrants@v1.0' = [
  for (api, index) in apis: if (consentForAll) {
    clientId: principal.id
    consentType: 'AllPrincipals'
    resourceId: apiPrincipals[index]!.id
    scope: join(
      concat(api.clientId == microsoftGraph ? signIn : [], map(api.permissions, permission => permission.name)),
      ' '
    )
  }
]

resource ownConsent 'Microsoft.Graph/oauth2PermissionGrants@v1.0' = if (consentForAll) {
  clientId: principal.id
  consentType: 'AllPrincipals'
  resourceId: principal.id
  scope: accessAsUser
}

@description('Client id.')
output clientId string = app.appId
