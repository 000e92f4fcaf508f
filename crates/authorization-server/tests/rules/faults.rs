//! The whole flow with one failure at any point: a clean retry works, or a clean refusal leads to a new start.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{callback::CallbackError, consent::ConsentError, revoke::RevokeError, token_error::TokenError},
    ground::Unavailable,
    resource::downstream::{DownstreamError, DownstreamTokens as _},
    state::grant::Status,
    upstream::UpstreamRefusal,
};
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{Fault, Faults, FlowError, Rig, SignedIn, answered, parameter};
use time::Duration;

/// A step, tried again once if something was down.
async fn twice<T>(step: impl AsyncFn() -> Result<T, FlowError>) -> Result<T, FlowError> {
    match step().await {
        Err(error) if error.is_unavailable() => step().await,
        answer => answer,
    }
}

async fn sign_in(rig: &Rig, client_id: &str) -> Result<SignedIn, FlowError> {
    let page = twice(async || rig.open_page(client_id).await).await?;
    let allowed = twice(async || rig.allow(&page).await).await?;
    let completed = twice(async || Ok(rig.come_back(&allowed).await?)).await?;
    let location = answered(completed).unwrap().location;
    let code = parameter(&location, "code").map(SecretString::from).ok_or_else(|| {
        assert_eq!(parameter(&location, "error").as_deref(), Some("temporarily_unavailable"));
        FlowError::Missing("code")
    })?;
    let tokens = twice(async || Ok(rig.redeem(client_id, &code).await?)).await?;
    Ok(SignedIn { client_id: client_id.to_owned(), tokens })
}

/// Answers after which people and clients start again.
fn is_clean_refusal(error: &FlowError) -> bool {
    matches!(
        error,
        FlowError::Consent(ConsentError::AlreadyDecided | ConsentError::AlreadyCompleted)
            | FlowError::Callback(
                CallbackError::AlreadyCompleted | CallbackError::UnderWay | CallbackError::Interrupted(_)
            )
            | FlowError::Token(TokenError::InvalidGrant(_))
            | FlowError::Missing("code")
    )
}

/// Signs in, and starts again at most once. Returns the number of attempts.
async fn sign_in_somehow(rig: &Rig) -> (SignedIn, usize) {
    let client_id = twice(async || rig.register().await).await.unwrap();
    match sign_in(rig, &client_id).await {
        Ok(owner) => (owner, 1),
        Err(error) => {
            assert!(is_clean_refusal(&error), "{error}");
            (sign_in(rig, &client_id).await.unwrap(), 2)
        }
    }
}

async fn accepts(rig: &Rig, token: &SecretString) -> bool {
    twice(async || Ok(rig.accepts(token).await?)).await.unwrap()
}

async fn calls_graph(rig: &Rig, token: &SecretString) {
    let authenticated = twice(async || Ok(rig.server.authenticate(token.expose_secret()).await?)).await;
    let principal = authenticated.unwrap().unwrap();
    rig.upstream.refuse_on_behalf_of(UpstreamRefusal::InvalidGrant { reason: "to have it refreshed".into() });
    let called = twice(async || match rig.server.token(&principal, &testkit::user_read(), None).await {
        Err(DownstreamError::Unavailable(reason)) => Err(Unavailable::upstream(reason).into()),
        other => Ok(other),
    });
    called.await.unwrap().map(drop).unwrap();
}

async fn revokes(rig: &Rig, owner: &SignedIn, token: &SecretString) {
    let revoked = twice(async || match rig.revoke(&owner.client_id, token).await {
        Err(RevokeError::Unavailable(unavailable)) => Err(unavailable.into()),
        other => Ok(other),
    });
    revoked.await.unwrap().unwrap();
}

/// From the registration to the revocation, as insistent people and clients do it.
async fn live_through(rig: &Rig) {
    let (owner, begun) = sign_in_somehow(rig).await;
    assert!(accepts(rig, &owner.tokens.access_token).await);
    let grants = rig.grants.all();
    assert!(grants.len() <= begun, "a grant for each authorization at most");
    for grant in grants {
        assert_eq!(grant.status, Status::Active);
        assert!(rig.upstream_tokens.peek(&grant.key).is_some(), "no grant without its upstream tokens");
    }

    rig.clock.advance(Duration::minutes(30));
    let refreshed = twice(async || Ok(rig.refresh(&owner.client_id, &owner.tokens.refresh_token).await?));
    let tokens = refreshed.await.unwrap();
    assert!(accepts(rig, &tokens.access_token).await);
    calls_graph(rig, &tokens.access_token).await;
    let tokens = twice(async || Ok(rig.refresh(&owner.client_id, &tokens.refresh_token).await?)).await.unwrap();

    revokes(rig, &owner, &tokens.refresh_token).await;
    assert!(!accepts(rig, &tokens.access_token).await);
    let refreshed = twice(async || Ok(rig.refresh(&owner.client_id, &tokens.refresh_token).await?)).await;
    assert!(is_clean_refusal(&refreshed.err().unwrap()));
}

/// Lives through it again and again, each time with the next operation of the dependency failing.
async fn survives(dependency: impl Fn(&Rig) -> &Faults, fault: Fault) -> usize {
    for skipped in 0.. {
        let rig = Rig::new().unwrap();
        dependency(&rig).fail_after(skipped, fault);
        live_through(&rig).await;
        if dependency(&rig).fault_is_due() {
            return skipped;
        }
    }
    0
}

#[tokio::test]
async fn any_store_operation_may_fail() {
    assert!(survives(|rig| &rig.store, Fault::Before).await > 30);
}

#[tokio::test]
async fn the_answer_of_any_store_operation_may_be_lost() {
    assert!(survives(|rig| &rig.store, Fault::After).await > 30);
}

#[tokio::test]
async fn any_operation_of_the_keyring_may_fail() {
    assert!(survives(|rig| &rig.keyring, Fault::Before).await > 15);
}

#[tokio::test]
async fn the_answer_of_any_operation_of_the_keyring_may_be_lost() {
    assert!(survives(|rig| &rig.keyring, Fault::After).await > 15);
}
