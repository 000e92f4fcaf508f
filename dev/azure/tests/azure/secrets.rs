//! Whoever reads the store can do nothing with it.

use serde_json::Value;

use crate::{
    browser::{Browser, redemption},
    deployment::{Deployment, USER},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_of_the_store_holds_no_secret_that_was_issued() {
    let server = Deployment::start(2).await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let redirect = browser.sign_in(&server, &client_id).await;
    let code = redirect.get("code").unwrap();
    let before = server.azure.cosmos.dump().await;
    let (_, tokens) = server.token(&redemption(&client_id, &code)).await;
    assert_eq!(server.call_tool(tokens["access_token"].as_str().unwrap()).await.0, 200);
    let (_, again) = server.refresh(&client_id, tokens["refresh_token"].as_str().unwrap()).await;
    let dump = format!("{} {}", Value::from(before), Value::from(server.azure.cosmos.dump().await));
    assert!(dump.contains(&client_id) && dump.contains("\"wrapped\""), "the dump was not found: {dump}");
    let mut secrets: Vec<String> = server.issued.lock().unwrap().clone();
    secrets.extend(code.split('.').map(str::to_owned).skip(1));
    secrets.extend([USER.to_owned(), "Bob Brown".to_owned()]);
    assert!(secrets.len() > 6 && again["access_token"].is_string());
    for secret in secrets {
        assert!(!dump.contains(&secret), "the store holds {secret}");
    }
}
