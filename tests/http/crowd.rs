//! One user does much; what becomes of another.

use futures_util::future::join_all;
use local_tenant::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, redemption, tokens},
    deployment::{Deployment, body, tool_call},
};

/// Calls of one client of a user that run at the same time: half of the limit of the user.
const AT_GRAPH: usize = 12;
const CALLS: usize = 64;

/// A tool call of nearly 64 KiB, with arguments that would take far more memory than their text.
fn large_call() -> Value {
    let mut call = tool_call();
    call["params"]["arguments"] = json!({ "a": vec![json!({ "a": 0 }); 8_000] });
    call
}

async fn token_of(server: &Deployment, user: &'static str) -> String {
    let client_id = server.register().await;
    let mut browser = Browser { user, ..Browser::default() };
    let code = browser.sign_in(server, &client_id).await.get("code").unwrap();
    let (_, answer) = server.token(&redemption(&client_id, &code)).await;
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn sixty_four_large_calls_of_one_user_hold_up_no_other_user() {
    let server = Deployment::start().await;
    let (one, other) = (tokens(&server).await.access_token, token_of(&server, "alice@contoso.example").await);
    let tenant = server.tenant.as_ref().unwrap();
    tenant.fail_next(Endpoint::GraphMe, AT_GRAPH, Fault::Held).unwrap();
    let call = large_call();
    let calls = join_all((0..CALLS).map(|_| server.mcp(&one, &call).send()));
    let meanwhile = async {
        tenant.until_held(AT_GRAPH).await;
        let answered = server.mcp(&other, &tool_call()).send().await.unwrap();
        assert_eq!(answered.status(), 200);
        let answer = body(answered).await;
        assert_eq!(answer["result"]["structuredContent"]["success"], true, "{answer}");
        tenant.release();
    };
    let (answers, ()) = tokio::join!(calls, meanwhile);
    for answer in answers {
        assert_eq!(answer.unwrap().status(), 200);
    }
}
