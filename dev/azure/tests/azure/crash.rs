//! Processes that are killed at any time: every flow ends with a token or a documented error, and nothing is lost or doubled.

use std::{
    collections::BTreeSet,
    future::ready,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use authorization_server::ground::Entropy as _;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;
use stand_in::wait;
use testkit::SeededEntropy;

use crate::{
    browser::{Browser, Redirect, authorize_url, consent_form, location, redemption, refresh_target},
    deployment::{Deployment, REDIRECT_URI, body, rounds, seed},
};

/// Repeats a request whose connection broke. The host answers 500 while it restarts a process, and the handler 503 until it
/// is ready.
async fn repeated(send: impl AsyncFn() -> reqwest::Result<reqwest::Response>) -> reqwest::Response {
    wait::answer(async || send().await.ok().filter(|answer| !is_again(answer.status().as_u16()))).await
}

/// The host's and the handler's ways to say so, and the limit of registrations.
fn is_again(status: u16) -> bool {
    matches!(status, 429 | 500 | 502 | 503)
}

/// The outcome of a client that registered during the kills.
struct Ended {
    client_id: String,
    tokens: Result<Value, String>,
}

/// A registration, and one run through the browser.
async fn client(server: &Deployment, codes: &Codes) -> Ended {
    let metadata = serde_json::json!({ "client_name": "C", "redirect_uris": [REDIRECT_URI] });
    let answer = repeated(async || server.post("/register").json(&metadata).send().await).await;
    assert_eq!(answer.status(), 201);
    let client_id = body(answer).await["client_id"].as_str().unwrap().to_owned();
    Ended { tokens: flow(server, &client_id, codes).await, client_id }
}

/// The authorizations of all codes that any client was given: a code is `id.secret`.
type Codes = Mutex<BTreeSet<String>>;

/// One run through the browser. An error is a documented refusal: a page that says so, or an OAuth error.
async fn flow(server: &Deployment, client_id: &str, codes: &Codes) -> Result<Value, String> {
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
    let redirect = Redirect(location(&answer).parse().unwrap());
    let Some(code) = redirect.get("code") else {
        assert_eq!(redirect.get("error").as_deref(), Some("temporarily_unavailable"));
        return Err("the sign-in is to be tried again".into());
    };
    server.issued(&code);
    assert!(codes.lock().unwrap().insert(code.split_once('.').unwrap().0.to_owned()), "two codes of one authorization");
    redeem(server, client_id, &code).await
}

/// Two at once, to be seen to give one answer with tokens at the most; again while neither says anything.
async fn redeem(server: &Deployment, client_id: &str, code: &str) -> Result<Value, String> {
    let form = redemption(client_id, code);
    wait::answer(async || {
        let send = async || server.post("/token").form(&form).send().await;
        let (one, two) = tokio::join!(send(), send());
        let (mut tokens, mut refused) = (Vec::new(), false);
        for answer in [one, two].into_iter().flatten().filter(|answer| !is_again(answer.status().as_u16())) {
            let status = answer.status();
            // An answer whose connection breaks is lost as well.
            let Ok(answer) = answer.json::<Value>().await else { continue };
            if status == 200 {
                tokens.push(answer);
            } else {
                assert_eq!((status.as_u16(), answer["error"].as_str()), (400, Some("invalid_grant")));
                refused = true;
            }
        }
        assert!(tokens.len() <= 1, "two answers with tokens for one code");
        // A process died between the grant and its answer.
        let lost = refused.then(|| Err("/token: the answer was lost".into()));
        tokens.pop().map(Ok).or(lost)
    })
    .await
}

/// Kills one process after another, of two, after as many operations of the store as chance has it. How many.
async fn kill(server: Arc<Deployment>, done: Arc<AtomicBool>) -> usize {
    let chance = SeededEntropy::new(seed());
    let mut kills = 0;
    while !done.load(Ordering::SeqCst) {
        let mut random = [0; 2];
        chance.fill(&mut random);
        let until = server.azure.cosmos.operations().len() + 20 + usize::from(random[0]) / 2;
        wait::until(|| ready(server.azure.cosmos.operations().len() >= until || done.load(Ordering::SeqCst))).await;
        server.azure.host.replace(usize::from(random[1] % 2)).await;
        kills += 1;
    }
    kills
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_processes_during_flows_loses_nothing_and_doubles_nothing() {
    let server = Arc::new(Deployment::start(2).await);
    let done = Arc::new(AtomicBool::new(false));
    let killer = tokio::spawn(kill(Arc::clone(&server), Arc::clone(&done)));
    let (flows, codes) = (rounds(1000, 40), Codes::default());
    let running = stream::iter(0..flows).map(|_| client(&server, &codes)).buffer_unordered(8);
    let ended: Vec<Ended> = running.collect().await;
    done.store(true, Ordering::SeqCst);
    let kills = killer.await.unwrap();
    server.until_ready().await;
    let with_tokens = ended.iter().filter(|ended| ended.tokens.is_ok()).count();
    println!("{with_tokens} of {flows} flows ended with a token during {kills} kills");
    assert!(kills >= 2, "{kills} kills");
    assert!(with_tokens * 4 >= flows, "{with_tokens} of {flows}");
    every_grant_is_of_a_code(&server, &codes.into_inner().unwrap(), with_tokens).await;
    let going_on = stream::iter(ended).map(|ended| goes_on(&server, ended)).buffer_unordered(8);
    going_on.collect::<()>().await;
}

/// A grant has its authorization's id, which is its code's. One whose code no client was given cannot be; every client
/// with tokens has one.
async fn every_grant_is_of_a_code(server: &Deployment, codes: &BTreeSet<String>, with_tokens: usize) {
    let owners = server.azure.cosmos.dump_container("owners").await;
    let ids = owners.iter().filter_map(|item| item["id"].as_str()?.strip_prefix("grant:"));
    let grants: Vec<&str> = ids.collect();
    let distinct: BTreeSet<&str> = grants.iter().copied().collect();
    assert_eq!(grants.len(), distinct.len(), "a grant lies in two partitions");
    let foreign: Vec<&&str> = distinct.iter().filter(|id| !codes.contains(**id)).collect();
    assert!(foreign.is_empty(), "grants that belong to no code: {foreign:?}");
    assert!(grants.len() >= with_tokens, "{} grants for {with_tokens} clients with tokens", grants.len());
}

/// Every client that got tokens uses them; a client that was refused signs in again with the same registration.
async fn goes_on(server: &Deployment, Ended { client_id, tokens }: Ended) {
    let Ok(tokens) = tokens else {
        flow(server, &client_id, &Codes::default()).await.unwrap();
        return;
    };
    Browser::default().authorize(server, &client_id).await;
    let (status, answer) = server.refresh(&client_id, tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(server.call_tool(answer["access_token"].as_str().unwrap()).await.0, 200);
}
