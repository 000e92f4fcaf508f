//! Tokens of Entra that no endpoint accepts: not for us, from another tenant or application, or of another kind. It is one list
//! for both stores: `dev/azure/tests/azure` includes this file.

use driver::{
    Server, body,
    browser::USER,
    entra_client::{ACCESS_AS_USER, SignIn},
    mcp::tool_call,
};
use local_tenant::{Client, DESKTOP_CLIENT, Options, Tenant, WEB_CLIENT};
use reqwest::Response;
use serde_json::{Value, json};

const OTHER: &str = "7f1b3c9e-0d52-4a86-9e4f-6b2a8c5d7e10";
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// What is wrong with a token, and the token.
pub(crate) type Wrong = (String, String);
/// Status, challenge, and the body of a refusal.
pub(crate) type Answer = (u16, String, Option<Value>);

/// The answers of every endpoint of the resource: `/mcp`, a new stream, and this open one.
pub(crate) async fn answers(server: &Server, endpoint: &str, token: &str) -> [Answer; 3] {
    let call = tool_call(1);
    let stream = server.get("/mcp/sse").bearer_auth(token);
    let message = server.post(endpoint).bearer_auth(token).json(&call);
    let mut answers = Vec::new();
    for request in [server.mcp(token, &call), stream, message] {
        let answer = request.send().await.unwrap();
        let (status, challenge) = (answer.status().as_u16(), challenge(&answer));
        answers.push((status, challenge, if status == 401 { Some(body(answer).await) } else { None }));
    }
    answers.try_into().unwrap()
}

pub(crate) fn challenge(answer: &Response) -> String {
    answer.headers().get("www-authenticate").map_or("", |value| value.to_str().unwrap()).to_owned()
}

/// As the access token that this server gets when a user signs in to it.
pub(crate) fn upstream_claims(tenant: &Tenant) -> Value {
    let setting = |name: &str| tenant.settings().into_iter().find(|(known, _)| known == name).unwrap().1;
    let (app, tid) = (setting("ENTRA_CLIENT_ID"), setting("ENTRA_TENANT_ID"));
    let oid = tenant.users()[0].oid;
    let iss = format!("{}/{tid}/v2.0", tenant.base_url());
    json!({
        "aud": app, "azp": app, "azpacr": "2", "iss": iss, "tid": tid, "oid": oid, "scp": ACCESS_AS_USER, "ver": "2.0",
        "iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 4_000_000_000_i64,
    })
}

/// The claims of a token that is accepted: of the web app, for a user.
pub(crate) fn accepted_claims(tenant: &Tenant) -> Value {
    let mut claims = upstream_claims(tenant);
    claims["azp"] = json!(WEB_CLIENT.client_id);
    claims
}

/// Every wrong token for a server that accepts the web app's tokens.
pub(crate) async fn wrong_tokens(server: &Server, tenant: &Tenant) -> Vec<Wrong> {
    let mut tokens = with_one_wrong_claim(tenant);
    tokens.extend(of_another_tenant(tenant).await);
    tokens.extend(of_another_kind(server, tenant).await);
    tokens
}

fn with_one_wrong_claim(tenant: &Tenant) -> Vec<Wrong> {
    let claims = accepted_claims(tenant);
    let (app, tid) = (claims["aud"].as_str().unwrap(), claims["tid"].as_str().unwrap());
    let authority = tenant.base_url();
    let changes = [
        json!({ "aud": OTHER }),
        json!({ "aud": GRAPH }),
        json!({ "aud": format!("api://{app}") }),
        json!({ "aud": null }),
        json!({ "tid": OTHER }),
        json!({ "iss": format!("{authority}/{OTHER}/v2.0") }),
        json!({ "tid": OTHER, "iss": format!("{authority}/{OTHER}/v2.0") }),
        json!({ "ver": "1.0" }),
        json!({ "ver": "1.0", "iss": format!("https://sts.windows.net/{tid}/"), "azp": null, "appid": WEB_CLIENT.client_id }),
        json!({ "azp": null }),
        json!({ "azp": OTHER }),
        json!({ "azp": app }),
        json!({ "azpacr": "0" }),
        json!({ "azpacr": null }),
        json!({ "oid": null }),
        json!({ "scp": "access_as_users" }),
        json!({ "scp": "user.read mail.read" }),
        json!({ "idtyp": "app" }),
        json!({ "nonce": "n" }),
        json!({ "cnf": { "kid": "a key of the client" } }),
        json!({ "exp": 1_700_003_600 }),
        json!({ "nbf": 3_900_000_000_i64 }),
    ];
    let changed = |change: &Value| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        (change.to_string(), tenant.sign(&claims))
    };
    changes.iter().map(changed).collect()
}

/// The other tenant has another signing key, and the same ids.
async fn of_another_tenant(tenant: &Tenant) -> [Wrong; 2] {
    let options = Options { port: 0, state_file: None, redirect_uris: Vec::new(), silent_user: None };
    let another = local_tenant::start(options).await.unwrap();
    let forged = another.sign(&accepted_claims(tenant));
    let theirs = another.sign(&accepted_claims(&another));
    [("signed by another tenant".to_owned(), forged), ("another tenant's own".to_owned(), theirs)]
}

/// Tokens of another kind or for another application, as Entra issues them.
pub(crate) async fn of_another_kind(server: &Server, tenant: &Tenant) -> [Wrong; 5] {
    let sign_in =
        |application: &'static Client| SignIn { application, user: USER, permissions: &[ACCESS_AS_USER], claims: None };
    let id_token = sign_in(&WEB_CLIENT).tokens(server, tenant).await["id_token"].as_str().unwrap().to_owned();
    let public = sign_in(&DESKTOP_CLIENT).access_token(server, tenant).await;
    [
        ("an ID token", id_token),
        ("the gateway's token", tenant.gateway_token()),
        ("the upstream token of this server", tenant.sign(&upstream_claims(tenant))),
        ("a public client that is not listed", public),
        ("the token of an application that is not listed", tenant.own_token(&DESKTOP_CLIENT)),
    ]
    .map(|(what, token)| (what.to_owned(), token))
}
