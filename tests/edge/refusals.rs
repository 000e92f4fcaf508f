//! What a client hears at a refresh that Entra refuses, and how often that sends its user to the browser.

use authorization_server::{ground::Unavailable, upstream::UpstreamRefusal};
use secrecy::ExposeSecret as _;
use testkit::SignedIn;
use time::Duration;

use crate::rig::{Answer, Edge};

fn reason() -> String {
    "400 AADSTS[1]".into()
}

async fn refresh(edge: &Edge, owner: &SignedIn) -> Answer {
    let token = owner.tokens.refresh_token.expose_secret();
    let form = [("grant_type", "refresh_token"), ("client_id", owner.client_id.as_str()), ("refresh_token", token)];
    edge.post("/token", &form).await
}

/// A user who is signed in, and whose upstream tokens the next refresh renews.
async fn due(edge: &Edge) -> SignedIn {
    edge.clock.advance(Duration::MINUTE);
    let owner = edge.sign_in().await.unwrap();
    edge.clock.advance(Duration::minutes(30));
    owner
}

/// Whether the SDKs for TypeScript open the browser at this answer. At these two errors they do not, as
/// `dev/e2e/test/clients/busy.test.mjs` shows.
fn opens_browser(answer: &Answer) -> bool {
    answer.status != 200 && !["access_denied", "temporarily_unavailable"].contains(&answer.error().as_str())
}

#[tokio::test]
async fn a_refusal_that_comes_again_after_a_sign_in_opens_no_second_browser() {
    let refusals = [
        (UpstreamRefusal::InteractionRequired { claims: None, reason: reason() }, 1),
        (UpstreamRefusal::ConsentRequired { reason: reason() }, 1),
        (UpstreamRefusal::InvalidGrant { reason: reason() }, 1),
        (UpstreamRefusal::Blocked { reason: reason() }, 0),
        (UpstreamRefusal::Refused { reason: reason() }, 0),
        (UpstreamRefusal::Unavailable(Unavailable::upstream(reason())), 0),
    ];
    for (refusal, expected) in refusals {
        let edge = Edge::new();
        let mut opened = 0;
        for _ in 0..2 {
            let owner = due(&edge).await;
            edge.upstream.refuse_refresh(refusal.clone());
            opened += usize::from(opens_browser(&refresh(&edge, &owner).await));
        }
        assert_eq!(opened, expected, "{refusal}");
    }
}

#[tokio::test]
async fn a_refresh_for_which_entra_refuses_this_server_names_who_can_find_out_why_and_ends_nothing() {
    let edge = Edge::new();
    let owner = due(&edge).await;
    edge.upstream.refuse_refresh(UpstreamRefusal::Refused { reason: reason() });
    let answer = refresh(&edge, &owner).await;
    let told = (answer.status, answer.error(), answer.header("retry-after").to_owned());
    assert_eq!(told, (503, "temporarily_unavailable".into(), "5".into()));
    assert!(answer.body.contains("its administrator") && !answer.body.contains("AADSTS"), "{}", answer.body);
    assert_eq!(refresh(&edge, &owner).await.status, 200);
}
