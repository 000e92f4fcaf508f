//! A reader of the store learns no usable secret.

use azure_tests::Plan;
use driver::entra_client::{ACCESS_AS_USER, SignIn};
use local_tenant::WEB_CLIENT;
use serde_json::Value;

use crate::{
    browser::{Browser, Redirect, location, redemption},
    deployment::{Deployment, USER},
    streams::Session,
};

/// As a browser signs in, with every secret on the way kept in mind: tokens of forms, what goes to Entra and comes back.
/// (Those of the cookies are kept by the browser.)
async fn signed_in(server: &Deployment, browser: &mut Browser, client_id: &str) -> String {
    let form = browser.authorize(server, client_id).await;
    server.issued(&form.request);
    server.issued(&form.csrf);
    let callback = browser.allow(server, &form).await;
    let from_entra = Redirect(callback.parse().unwrap());
    server.issued(&from_entra.get("state").unwrap());
    server.issued(&from_entra.get("code").unwrap());
    let answer = browser.get(server, &callback).await;
    let code = Redirect(location(&answer).parse().unwrap()).get("code").unwrap();
    server.issued(&code);
    code
}

/// The issued tokens, whole and by their secret parts: `id.secret`, or `name.id.secret`.
fn secrets(server: &Deployment, browser: &Browser) -> Vec<String> {
    let issued = server.secrets();
    let parts = issued.iter().filter_map(|whole| whole.rsplit_once('.')).map(|(_, secret)| secret.to_owned());
    let mut secrets: Vec<String> = parts.filter(|secret| secret.len() > 20).collect();
    secrets.extend(browser.cookies.values().filter(|value| value.len() > 20).cloned());
    secrets.extend(issued);
    secrets
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_the_store_holds_no_secret_that_was_issued() {
    let server = Deployment::start(2).await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let code = signed_in(&server, &mut browser, &client_id).await;
    let before = server.azure.cosmos.dump().await;
    let (_, tokens) = server.token(&redemption(&client_id, &code)).await;
    assert_eq!(server.call_tool(tokens["access_token"].as_str().unwrap()).await.0, 200);
    let (_, again) = server.refresh(&client_id, tokens["refresh_token"].as_str().unwrap()).await;
    assert!(again["access_token"].is_string(), "{again}");
    let dump = format!("{} {}", Value::from(before), Value::from(server.azure.cosmos.dump().await));
    assert!(dump.contains(&client_id) && dump.contains("\"wrapped\""), "the dump was not found: {dump}");
    let secrets = secrets(&server, &browser);
    // Three cookies, two of the form, state and code of Entra, our code, two access and two refresh tokens.
    assert!(secrets.len() >= 12, "{} secrets", secrets.len());
    for secret in secrets.iter().map(String::as_str).chain([USER, "Bob Brown"]) {
        assert!(!dump.contains(secret), "the store holds {secret}");
    }
    // Every JWT has it before its claims; Entra's refresh tokens begin with `1.`.
    for entras in [".eyJ", "\"eyJ", "\"1."] {
        assert!(!dump.contains(entras), "the store holds a token of Entra's: {entras}");
    }
}

/// The message that calls a tool comes to the other process than its stream, so it travels through the store with the token.
#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_the_store_holds_no_token_that_a_client_got_from_entra() {
    let settings = vec![("PREAUTHORIZED_CLIENT_IDS".to_owned(), WEB_CLIENT.client_id.to_owned())];
    let server = Deployment::of(Plan { settings, ..Plan::of(2) }).await;
    server.until_ready().await;
    server.azure.tenant.consent_for_everybody().unwrap();
    server.azure.host.keep_apart("/mcp/sse");
    let sign_in = SignIn { application: &WEB_CLIENT, user: USER, permissions: &[ACCESS_AS_USER], claims: None };
    let token = sign_in.access_token(&server, &server.azure.tenant).await;
    let mut session = Session::open(&server, token.clone()).await;
    let posted = session.request(&server, &driver::mcp::tool_call(7)).send().await.unwrap();
    assert_eq!(posted.status(), 202);
    let answer = session.stream.message().await;
    assert_eq!(answer["result"]["structuredContent"]["userPrincipalName"], USER, "{answer}");
    let dump = Value::from(server.azure.cosmos.dump().await).to_string();
    assert!(dump.contains(WEB_CLIENT.client_id) && dump.contains("\"sealed\""), "no note, or no event: {dump}");
    for part in token.split('.').chain([".eyJ", "\"eyJ", USER]) {
        assert!(!dump.contains(part), "the store holds {part}");
    }
}
