//! Processes that are killed at any time: every flow ends with a token or a documented error, and nothing is lost or doubled.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use crate::{
    browser::{Browser, authorize_url, consent_form, location, redemption, refresh_target},
    deployment::{Deployment, rounds},
};

/// How often a client repeats a request whose connection broke, or that was answered 500 or 503.
const PATIENCE: usize = 60;
const PAUSE: Duration = Duration::from_millis(200);

/// The host answers 500 while it restarts a process, and the handler 503 until it is ready.
async fn repeated(send: impl AsyncFn() -> reqwest::Result<reqwest::Response>) -> reqwest::Response {
    for _ in 0..PATIENCE {
        match send().await {
            Ok(answer) if !matches!(answer.status().as_u16(), 500 | 502 | 503) => return answer,
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
    panic!("no answer after {PATIENCE} attempts");
}

/// One run through the browser. An error is a documented refusal: a page that says so, or an OAuth error.
async fn flow(server: &Deployment, client_id: &str, codes: &AtomicUsize) -> Result<Value, String> {
    let mut browser = Browser::default();
    let page = repeated(async || server.http.get(authorize_url(server, client_id, &[])).send().await).await;
    assert_eq!(page.status(), 200);
    browser.keep(server, &page);
    let form = consent_form(&page.text().await.unwrap());
    let fields = [("request", form.request.as_str()), ("csrf", &form.csrf), ("decision", "allow")];
    let decided = repeated(async || browser.form(server, "/consent", &fields).send().await).await;
    browser.keep(server, &decided);
    match decided.status().as_u16() {
        200 => {}
        403 => return Err("the decision stands already, its page was lost".into()),
        other => panic!("/consent: {other}"),
    }
    let callback = browser.choose_account(server, &refresh_target(&decided.text().await.unwrap())).await;
    let answer = repeated(async || browser.navigation(server, &callback, "cross-site").send().await).await;
    if answer.status() != 302 {
        assert!(matches!(answer.status().as_u16(), 200 | 403), "/oauth-callback: {}", answer.status());
        return Err(format!("/oauth-callback: {}", answer.status()));
    }
    let redirect = crate::browser::Redirect(location(&answer).parse().unwrap());
    let Some(code) = redirect.get("code") else {
        return Err(redirect.get("error").unwrap());
    };
    server.issued(&code);
    codes.fetch_add(1, Ordering::SeqCst);
    redeem(server, client_id, &code).await
}

async fn redeem(server: &Deployment, client_id: &str, code: &str) -> Result<Value, String> {
    let form = redemption(client_id, code);
    let answer = repeated(async || server.post("/token").form(&form).send().await).await;
    let status = answer.status();
    let answer: Value = answer.json().await.unwrap();
    if status == 200 {
        return Ok(answer);
    }
    // The process died between the grant and its answer.
    assert_eq!((status.as_u16(), answer["error"].as_str()), (400, Some("invalid_grant")));
    Err("/token: the answer was lost".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_processes_during_flows_loses_nothing_and_doubles_nothing() {
    let server = Arc::new(Deployment::start(2).await);
    let client_id = server.register().await;
    let done = Arc::new(AtomicBool::new(false));
    let killer = tokio::spawn({
        let (server, done) = (Arc::clone(&server), Arc::clone(&done));
        async move {
            let mut kills = 0;
            while !done.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_secs(1)).await;
                server.azure.host.replace(kills % 2).await;
                kills += 1;
            }
            kills
        }
    });
    let (flows, codes) = (rounds(1000, 40), AtomicUsize::new(0));
    let running = stream::iter(0..flows).map(|_| flow(&server, &client_id, &codes)).buffer_unordered(8);
    let ended: Vec<Result<Value, String>> = running.collect().await;
    done.store(true, Ordering::SeqCst);
    assert!(killer.await.unwrap() > 0, "nothing was killed");
    server.until_ready().await;
    println!("{} of {flows} flows ended with a token", ended.iter().flatten().count());
    no_grant_is_doubled(&server, codes.load(Ordering::SeqCst)).await;
    goes_on(&server, &client_id, ended).await;
}

/// A grant for a code at the most: as many as there are clients with tokens, and those whose answer was lost.
async fn no_grant_is_doubled(server: &Deployment, codes: usize) {
    let owners = server.azure.cosmos.dump_container("owners").await;
    let grants = owners.iter().filter(|item| item["id"].as_str().unwrap().starts_with("grant:")).count();
    assert!((1..=codes).contains(&grants), "{grants} grants for {codes} codes");
}

/// Every client that got tokens uses them; whoever was refused signs in anew.
async fn goes_on(server: &Deployment, client_id: &str, ended: Vec<Result<Value, String>>) {
    assert!(ended.iter().any(Result::is_ok), "{ended:?}");
    for tokens in ended {
        let Ok(tokens) = tokens else {
            flow(server, client_id, &AtomicUsize::new(0)).await.unwrap();
            continue;
        };
        let (status, answer) = server.refresh(client_id, tokens["refresh_token"].as_str().unwrap()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(server.call_tool(answer["access_token"].as_str().unwrap()).await.0, 200);
    }
}
