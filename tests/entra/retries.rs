//! When a grant is sent a second time, and when it is not.

use std::time::Duration;

use authorization_server::upstream::{Upstream as _, UpstreamRefusal};
use functions_host::ReservedPort;
use local_tenant::{Endpoint, Fault};
use secrecy::SecretString;
use testkit::user_read;

use crate::{
    requests::redeem,
    scripted::{Scripted, response},
    support::{Ids, Local, entra},
};

fn status(status: u16) -> Fault {
    Fault::Status { status, body: String::new() }
}

fn token_requests(local: &Local) -> usize {
    local.tenant.requests().iter().filter(|request| request.path.ends_with("/token")).count()
}

fn unavailable<T>(outcome: &Result<T, UpstreamRefusal>) -> bool {
    matches!(outcome, Err(UpstreamRefusal::Unavailable(_)))
}

async fn refresh_token(local: &Local) -> SecretString {
    let answer = redeem(local).await;
    local.tenant.forget_requests();
    answer.refresh_token.unwrap()
}

#[tokio::test]
async fn one_failure_of_entra_is_not_noticed() {
    let local = Local::start().await;
    let answer = redeem(&local).await;
    let refresh_token = answer.refresh_token.unwrap();
    for fault in [status(500), status(503), Fault::Dropped, Fault::AnswerLost] {
        local.tenant.forget_requests();
        local.tenant.fail_next(Endpoint::RefreshToken, 1, fault.clone()).unwrap();
        assert!(local.entra.refresh(&refresh_token).await.is_ok(), "{fault:?}");
        local.tenant.fail_next(Endpoint::OnBehalfOf, 1, fault.clone()).unwrap();
        assert!(local.entra.on_behalf_of(&answer.access_token, &user_read(), None).await.is_ok(), "{fault:?}");
        assert_eq!(token_requests(&local), 4, "{fault:?}");
    }
}

#[tokio::test]
async fn a_second_failure_is_an_outage() {
    let local = Local::start().await;
    let refresh_token = refresh_token(&local).await;
    local.tenant.fail_next(Endpoint::RefreshToken, 2, status(502)).unwrap();
    assert!(unavailable(&local.entra.refresh(&refresh_token).await));
    assert_eq!(token_requests(&local), 2);
}

#[tokio::test]
async fn a_throttled_token_request_is_not_repeated() {
    let local = Local::start().await;
    let refresh_token = refresh_token(&local).await;
    for retry_after in [Some(1), None] {
        local.tenant.forget_requests();
        local.tenant.fail_next(Endpoint::RefreshToken, 1, Fault::Throttled { retry_after }).unwrap();
        assert!(unavailable(&local.entra.refresh(&refresh_token).await));
        assert_eq!(token_requests(&local), 1);
    }
}

#[tokio::test]
async fn a_refusal_is_not_asked_twice() {
    let local = Local::start().await;
    let refresh_token = refresh_token(&local).await;
    for number in [70000, 700_027, 90014] {
        local.tenant.forget_requests();
        let fault = Fault::Aadsts { number, suberror: None, claims: None };
        local.tenant.fail_next(Endpoint::RefreshToken, 1, fault).unwrap();
        assert!(local.entra.refresh(&refresh_token).await.is_err());
        assert_eq!(token_requests(&local), 1, "{number}");
    }
}

#[tokio::test]
async fn a_code_is_never_sent_twice() {
    let local = Local::start().await;
    for fault in [status(500), status(503), Fault::Dropped] {
        local.tenant.forget_requests();
        local.tenant.fail_next(Endpoint::AuthorizationCode, 1, fault).unwrap();
        assert!(unavailable(&local.entra.redeem(&"a code".into(), &"a verifier".into(), "a nonce").await));
        assert_eq!(token_requests(&local), 1);
    }
}

#[tokio::test]
async fn the_same_bytes_are_sent_again() {
    let server = Scripted::start(&serde_json::json!({ "keys": [] })).await;
    let ids = Ids { tenant: "tenant".into(), client: "client".into() };
    server.prepare([response(503, &[], b"")]);
    assert!(unavailable(&entra(&server.url, &ids, "an assertion").refresh(&"a token".into()).await));
    let bodies = server.bodies();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1]);
}

#[tokio::test]
async fn nobody_waits_for_a_second_timeout() {
    let local = Local::start().await;
    let refresh_token = refresh_token(&local).await;
    local.tenant.fail_next(Endpoint::RefreshToken, 1, Fault::Held).unwrap();
    let timeout = Duration::from_hours(1);
    let entra = local.with_timeout(timeout);
    let time_passes = async {
        local.tenant.until_held(1).await;
        tokio::time::pause();
        tokio::time::advance(timeout).await;
    };
    let (outcome, ()) = tokio::join!(entra.refresh(&refresh_token), time_passes);
    assert!(unavailable(&outcome));
    assert_eq!(token_requests(&local), 1);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_an_outage() {
    let ids = Ids { tenant: "tenant".into(), client: "client".into() };
    let nobody = ReservedPort::new().unwrap();
    let nowhere = entra(&format!("http://{}", nobody.address()), &ids, "an assertion");
    assert!(unavailable(&nowhere.refresh(&"a token".into()).await));
}
