//! Every dependency down, slow and throttled, one by one and together, with traffic: documented answers, bounded waiting,
//! recovery without a restart.

use std::time::{Duration, Instant};

use cosmos_emulator::Effect;
use local_tenant::{Endpoint, Fault};
use serde_json::Value;

use crate::{
    browser::{Browser, Tokens, authorize_url, consent_form, location, refresh_target, tokens},
    deployment::{Deployment, REDIRECT_URI, rounds},
};

/// A request may wait for several dependencies, one after the other; the rest is for a busy machine.
const LONGEST: Duration = Duration::from_secs(30);
const OFTEN: usize = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dependency {
    Store,
    Vault,
    Identity,
    Entra,
    Keys,
    Graph,
}

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Down,
    Slow,
    Throttled,
}

const ALL: [Dependency; 6] = [
    Dependency::Store,
    Dependency::Vault,
    Dependency::Identity,
    Dependency::Entra,
    Dependency::Keys,
    Dependency::Graph,
];

fn endpoints(dependency: Dependency) -> &'static [Endpoint] {
    match dependency {
        Dependency::Store => &[],
        Dependency::Vault => &[Endpoint::KeyGet, Endpoint::KeyWrap, Endpoint::KeyUnwrap],
        Dependency::Identity => &[Endpoint::Identity],
        Dependency::Entra => &[Endpoint::AuthorizationCode, Endpoint::RefreshToken, Endpoint::OnBehalfOf],
        Dependency::Keys => &[Endpoint::Keys],
        Dependency::Graph => &[Endpoint::GraphMe],
    }
}

fn cause(server: &Deployment, dependency: Dependency, trouble: Trouble) {
    if dependency == Dependency::Store {
        let effect = match trouble {
            Trouble::Down => Effect::Dropped,
            Trouble::Slow => Effect::Slow { milliseconds: 20_000 },
            Trouble::Throttled => Effect::Throttled { retry_after_ms: 1_000 },
        };
        server.azure.cosmos.inject(cosmos_emulator::Fault::new(effect));
    }
    for endpoint in endpoints(dependency) {
        let fault = match trouble {
            Trouble::Down => Fault::Dropped,
            Trouble::Slow => Fault::Slow { milliseconds: 20_000 },
            Trouble::Throttled => Fault::Throttled { retry_after: Some(1) },
        };
        server.azure.tenant.fail_next(*endpoint, OFTEN, fault).unwrap();
    }
}

fn heal(server: &Deployment) {
    server.azure.cosmos.clear_faults();
    server.azure.tenant.clear_faults();
}

/// What a client may be told.
fn is_documented(what: &str, status: u16, answer: &Value) -> bool {
    let unavailable = status == 503 && (answer["error"] == "temporarily_unavailable" || answer.is_null());
    unavailable
        || match what {
            "register" => status == 201,
            "tool" => status == 200 && answer["result"]["structuredContent"]["success"].is_boolean(),
            _ => status == 200,
        }
}

/// One of each request, all at once; none waits too long, and all answers are documented. Says whether all succeeded.
async fn traffic(server: &Deployment, tokens: &Tokens) -> bool {
    let begun = Instant::now();
    let register = async {
        let metadata = serde_json::json!({ "client_name": "C", "redirect_uris": [REDIRECT_URI] });
        let answer = server.post("/register").json(&metadata).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    };
    let refresh = server.refresh(&tokens.client_id, &tokens.refresh_token);
    let tool = server.call_tool(&tokens.access_token);
    let sign_in = sign_in(server, &tokens.client_id);
    let (register, refresh, tool, signed_in) = tokio::join!(register, refresh, tool, sign_in);
    assert!(begun.elapsed() < LONGEST, "an answer took {:?}", begun.elapsed());
    for (what, (status, answer)) in [("register", &register), ("refresh", &refresh), ("tool", &tool)] {
        assert!(is_documented(what, *status, answer), "{what}: {status} {answer}");
    }
    let details = &tool.1["result"]["structuredContent"]["success"];
    register.0 == 201 && refresh.0 == 200 && *details == true && signed_in
}

/// A page that is 503, a redirect with `temporarily_unavailable`, or a code.
async fn sign_in(server: &Deployment, client_id: &str) -> bool {
    let mut browser = Browser::default();
    let page = browser.get(server, &authorize_url(server, client_id, &[])).await;
    if page.status() == 503 {
        return false;
    }
    let form = consent_form(&page.text().await.unwrap());
    let decided = browser.decide(server, &form, "allow").await;
    if decided.status() == 503 {
        return false;
    }
    assert_eq!(decided.status(), 200);
    let callback = browser.choose_account(server, &refresh_target(&decided.text().await.unwrap())).await;
    let answer = browser.get(server, &callback).await;
    match answer.status().as_u16() {
        302 => {
            let location = location(&answer);
            let unavailable = location.contains("error=temporarily_unavailable");
            assert!(unavailable || location.contains("code="), "{location}");
            !unavailable
        }
        // The store or the keyring: nothing was claimed, or the page says that the sign-in was interrupted.
        other => {
            assert!(matches!(other, 503 | 200), "/oauth-callback: {other}");
            false
        }
    }
}

async fn survives(server: &Deployment, tokens: &Tokens, troubles: &[(Dependency, Trouble)]) {
    for (dependency, trouble) in troubles {
        cause(server, *dependency, *trouble);
    }
    // One process has everything cached, the other begins with nothing.
    server.azure.host.replace(0).await;
    for _ in 0..2 {
        traffic(server, tokens).await;
    }
    heal(server);
    server.until_ready().await;
    for _ in 0..3 {
        if traffic(server, tokens).await {
            return;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    panic!("{troubles:?}: no recovery:\n{}", server.log().lines().rev().take(30).collect::<Vec<_>>().join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_dependency_may_be_down_slow_or_throttled_alone_and_with_all_others() {
    let server = Deployment::start(2).await;
    let tokens = tokens(&server).await;
    let every = [Trouble::Down, Trouble::Slow, Trouble::Throttled];
    // The short form takes a kind of trouble for each in turn.
    let single = ALL.iter().enumerate().flat_map(|(index, dependency)| {
        let troubles = if rounds(1, 0) == 1 { every.to_vec() } else { vec![every[index % every.len()]] };
        troubles.into_iter().map(move |trouble| (*dependency, trouble))
    });
    for trouble in single {
        survives(&server, &tokens, &[trouble]).await;
    }
    for trouble in every.into_iter().take(rounds(3, 1)) {
        survives(&server, &tokens, &ALL.map(|dependency| (dependency, trouble))).await;
    }
}
