//! The one app registration: sign-in client and middle tier, trusted through a federated credential.

use serde_json::{Value, json};

use super::super::bicep::TENANT;
use super::super::deployment::{Deployment, Resource};
use super::super::project::Project;
use super::{APP_ID, Judged, Rule, Rules, by_cloud, identities, is, unless};

const APP: &str = "Microsoft.Graph/applications";
const CREDENTIAL: &str = "Microsoft.Graph/applications/federatedIdentityCredentials";
const GRANT: &str = "Microsoft.Graph/oauth2PermissionGrants";
/// Microsoft Graph, and its delegated permission User.Read.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const USER_READ: &str = "e1fe6dd8-ba31-4d61-89e7-88639da4683d";
/// Host in the issuer of a managed identity's token, by cloud.
const ISSUERS: [&str; 3] = [
    "https://login.microsoftonline.com",
    "https://login.microsoftonline.us",
    "https://login.partner.microsoftonline.cn",
];
/// Audience of a managed identity's token that serves as an assertion, by cloud.
const EXCHANGE: [&str; 3] =
    ["api://AzureADTokenExchange", "api://AzureADTokenExchangeUSGov", "api://AzureADTokenExchangeChina"];

pub(super) const RULES: Rules = &[
    ("entra-one-tenant", Rule::Property(APP, "/properties/signInAudience", "\"AzureADMyOrg\"")),
    ("entra-token-version-2", Rule::Property(APP, "/properties/api/requestedAccessTokenVersion", "2")),
    ("entra-one-redirect-uri", Rule::Deployment(redirect_uri)),
    ("entra-one-scope", Rule::Deployment(scope)),
    ("entra-asks-for-user-read-only", Rule::Deployment(permissions)),
    // Our scope is asked for by the client id, and some tenants have a policy on the form of identifier URIs.
    ("entra-no-identifier-uri", Rule::Property(APP, "/properties/identifierUris", "null")),
    ("entra-no-password", Rule::Deployment(no_password)),
    ("entra-federated-credential", Rule::Deployment(federated_credential)),
    ("entra-service-principal", Rule::Deployment(service_principal)),
    ("entra-no-admin-consent-by-default", Rule::Project(admin_consent)),
];

fn redirect_uri(deployment: &Deployment) -> Judged {
    let app = deployment.only(APP)?;
    let origin = deployment.only("Microsoft.ApiManagement/service")?.reference("gatewayUrl");
    let callback = format!("[format('{{0}}/oauth-callback', {origin})]");
    let others = ["/properties/spa/redirectUris", "/properties/publicClient/redirectUris"];
    let mut faults: Vec<String> =
        others.iter().filter(|uris| !app.items(uris).is_empty()).map(|uris| format!("{uris} has some")).collect();
    match app.items("/properties/web/redirectUris") {
        [Value::String(uri)] => faults.extend(is("the redirect URI", uri, &callback)),
        uris => faults.push(format!("there are {} redirect URIs", uris.len())),
    }
    for flow in ["enableAccessTokenIssuance", "enableIdTokenIssuance"] {
        let implicit = app.at(&format!("/properties/web/implicitGrantSettings/{flow}")) == &Value::Bool(true);
        faults.extend(unless(!implicit, || format!("the implicit flow is on: {flow}")));
    }
    Ok(faults)
}

fn scope(deployment: &Deployment) -> Judged {
    let scopes = deployment.only(APP)?.items("/properties/api/oauth2PermissionScopes");
    let [scope] = scopes else { return Err(format!("there are {} scopes, not one", scopes.len())) };
    let of = |member: &str| scope.pointer(member).cloned().unwrap_or_default();
    let mut faults = unless(of("/value") == "access_as_user", || format!("the scope is {}", of("/value")));
    faults.extend(unless(of("/isEnabled") == json!(true), || "the scope is not enabled".to_owned()));
    faults.extend(unless(of("/type") == "User", || "the scope is not for users to consent to".to_owned()));
    Ok(faults)
}

fn permissions(deployment: &Deployment) -> Judged {
    let expected = json!([{"resourceAppId": GRAPH, "resourceAccess": [{"id": USER_READ, "type": "Scope"}]}]);
    Ok(deployment.only(APP)?.must_be("/properties/requiredResourceAccess", &expected).into_iter().collect())
}

fn no_password(deployment: &Deployment) -> Judged {
    let credentials = |holder: &Resource| {
        let members = ["passwordCredentials", "keyCredentials"].into_iter();
        let some = members.filter(|member| !holder.items(&format!("/properties/{member}")).is_empty());
        some.map(|member| format!("{}: {member}", holder.name)).collect::<Vec<_>>()
    };
    let holders = [APP, "Microsoft.Graph/servicePrincipals"];
    deployment.only(APP)?;
    Ok(holders.iter().flat_map(|kind| deployment.all(kind)).flat_map(credentials).collect())
}

/// A token of the workload identity stands in for a client secret.
fn federated_credential(deployment: &Deployment) -> Judged {
    let credential = deployment.only(CREDENTIAL)?;
    let workload = identities::workload(deployment)?;
    let app = deployment.only(APP)?.text("/properties/uniqueName");
    let subject = identities::reference(deployment, &workload, "principalId")?;
    let issuer = format!("[format('{{0}}/{{1}}/v2.0', {}, '{TENANT}')]", by_cloud(ISSUERS));
    let expected = [("name", format!("{app}/workload-identity")), ("subject", subject), ("issuer", issuer)];
    let of = |(member, value): &(&str, String)| is(member, credential.text(&format!("/properties/{member}")), value);
    let mut faults: Vec<String> = expected.iter().flat_map(of).collect();
    match credential.items("/properties/audiences") {
        [Value::String(audience)] => faults.extend(is("the audience", audience, &format!("[{}]", by_cloud(EXCHANGE)))),
        audiences => faults.push(format!("there are {} audiences", audiences.len())),
    }
    Ok(faults)
}

/// Entra issues the gateway's token only for an app that has one, and while no role need be assigned: nobody assigns one.
fn service_principal(deployment: &Deployment) -> Judged {
    let principal = deployment.only("Microsoft.Graph/servicePrincipals")?;
    let mut faults = is("appId", principal.text("/properties/appId"), APP_ID);
    let required = principal.at("/properties/appRoleAssignmentRequired") == &Value::Bool(true);
    faults.extend(unless(!required, || "appRoleAssignmentRequired is true".to_owned()));
    Ok(faults)
}

/// Consent for a whole tenant needs a privileged role, and is the tenant's to give.
fn admin_consent(project: &Project) -> Judged {
    let of = |set: &str| project.deployments.iter().find(|deployment| deployment.set == set);
    let by_default = of("defaults").ok_or("there is no parameter set defaults")?;
    let mut faults =
        unless(by_default.all(GRANT).next().is_none(), || "defaults: consent is given for the tenant".to_owned());
    let everything = of("everything").ok_or("there is no parameter set everything")?;
    let grants: Vec<_> = everything.all(GRANT).collect();
    faults.extend(unless(!grants.is_empty(), || "everything: no consent is given for the tenant".to_owned()));
    let wide =
        grants.iter().filter(|grant| grant.text("/properties/scope").split(' ').any(|scope| !ASKED.contains(&scope)));
    faults.extend(wide.map(|grant| format!("everything: consent to {}", grant.text("/properties/scope"))));
    Ok(faults)
}

/// What sign-in asks for, and the app itself.
const ASKED: [&str; 6] = ["User.Read", "access_as_user", "email", "offline_access", "openid", "profile"];
