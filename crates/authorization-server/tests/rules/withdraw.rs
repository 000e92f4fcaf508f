//! An owner withdraws the consent to one client or to all, and no other owner's. A decision made before does not come to life after.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{consent::Decision, token_error::TokenError},
    ground::{Ended, EventName, Id, Subject, Unavailable},
    state::grant::Status,
};
use oauth_protocol::token_response::TokenResponse;
use testkit::{Browser, Fault, Rig, allowed, asked, parameter, request, sent_to_confirm};
use time::Duration;

fn subject(oid: &str) -> Subject {
    Subject { tid: "tenant".into(), oid: oid.into() }
}

struct Connected {
    client_id: String,
    tokens: TokenResponse,
}

impl Connected {
    fn client(&self) -> Id {
        Id::parse(&self.client_id).unwrap()
    }

    async fn works(&self, rig: &Rig) -> (bool, bool) {
        let access = rig.accepts(&self.tokens.access_token).await.unwrap();
        (access, rig.refresh(&self.client_id, &self.tokens.refresh_token).await.is_ok())
    }
}

/// A new client with a grant of this owner.
async fn connected(rig: &Rig, browser: &mut Browser, oid: &str) -> Connected {
    rig.upstream.set_subject(subject(oid));
    let client_id = rig.register().await.unwrap();
    let code = browser.code(rig, &client_id).await.unwrap();
    let tokens = rig.redeem(&client_id, &code).await.unwrap();
    Connected { client_id, tokens }
}

async fn withdraw(rig: &Rig, oid: &str, client: Option<Id>) -> Result<(), Unavailable> {
    rig.server.withdraw(subject(oid).owner_key(), &[client]).await
}

async fn is_asked_everything(rig: &Rig, browser: &Browser, client_id: &str) -> bool {
    let page = asked(browser.visit(rig, &request(client_id, &[])).await.unwrap());
    page.is_some_and(|page| page.allowed_at.is_none())
}

#[tokio::test]
async fn one_client_ends_and_the_others_stay() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let revoked = connected(&rig, &mut browser, "owner").await;
    let kept = connected(&rig, &mut browser, "owner").await;
    withdraw(&rig, "owner", Some(revoked.client())).await.unwrap();
    assert_eq!((revoked.works(&rig).await, kept.works(&rig).await), ((false, false), (true, true)));
    assert!(is_asked_everything(&rig, &browser, &revoked.client_id).await);
    assert!(!is_asked_everything(&rig, &browser, &kept.client_id).await);
    assert_eq!(rig.upstream_tokens.all().len(), 1);
}

#[tokio::test]
async fn an_approval_whose_grant_has_ended_is_withdrawn_with_an_event() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client = connected(&rig, &mut browser, "owner").await;
    rig.server.revoke(rig.only_grant().unwrap().key, Ended::NewerOnes).await.unwrap();
    rig.audit.take();
    withdraw(&rig, "owner", Some(client.client())).await.unwrap();
    assert_eq!(rig.audit.names(), [EventName::ConsentWithdrawn]);
}

#[tokio::test]
async fn every_device_of_a_client_ends() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let first = connected(&rig, &mut browser, "owner").await;
    let code = Browser::default().code(&rig, &first.client_id).await.unwrap();
    rig.redeem(&first.client_id, &code).await.unwrap();
    withdraw(&rig, "owner", Some(first.client())).await.unwrap();
    let grants = rig.grants.all();
    assert!(grants.len() == 2 && grants.iter().all(|grant| grant.status == Status::Revoked));
}

#[tokio::test]
async fn all_clients_end_together() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let both = [connected(&rig, &mut browser, "owner").await, connected(&rig, &mut browser, "owner").await];
    withdraw(&rig, "owner", None).await.unwrap();
    for client in &both {
        assert_eq!(client.works(&rig).await, (false, false));
        assert!(is_asked_everything(&rig, &browser, &client.client_id).await);
    }
    assert!(rig.upstream_tokens.all().is_empty());
    assert!(rig.server.applications(subject("owner").owner_key()).await.unwrap().is_empty());
}

#[tokio::test]
async fn grants_that_were_revoked_before_cost_nothing_when_all_are_withdrawn_again() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    for _ in 0..20 {
        connected(&rig, &mut browser, "owner").await;
    }
    withdraw(&rig, "owner", None).await.unwrap();
    assert_eq!(rig.grants.all().len(), 20);
    let before = rig.store.operations();
    withdraw(&rig, "owner", None).await.unwrap();
    assert_eq!(rig.store.operations() - before, 3, "the owner's document, read and written, and the list");
}

#[tokio::test]
async fn another_process_refuses_the_access_token_within_30_seconds() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client = connected(&rig, &mut browser, "owner").await;
    let other = rig.second_process();
    let token = secrecy::ExposeSecret::expose_secret(&client.tokens.access_token);
    assert!(other.authenticate(token).await.unwrap().is_some());
    withdraw(&rig, "owner", None).await.unwrap();
    rig.clock.advance(Duration::seconds(30));
    assert!(other.authenticate(token).await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_of_another_owner_ends() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let first = connected(&rig, &mut browser, "first").await;
    let second = connected(&rig, &mut browser, "second").await;
    withdraw(&rig, "first", None).await.unwrap();
    withdraw(&rig, "first", Some(second.client())).await.unwrap();
    assert_eq!((first.works(&rig).await, second.works(&rig).await), ((false, false), (true, true)));
    assert!(!is_asked_everything(&rig, &browser, &second.client_id).await);
}

#[tokio::test]
async fn a_code_that_waits_never_becomes_a_grant() {
    for all in [true, false] {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        rig.upstream.set_subject(subject("owner"));
        let client_id = rig.register().await.unwrap();
        let code = browser.code(&rig, &client_id).await.unwrap();
        withdraw(&rig, "owner", Id::parse(&client_id).filter(|_| !all)).await.unwrap();
        rig.clock.advance(Duration::seconds(30));
        for _ in 0..2 {
            assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::InvalidGrant(_))));
            assert!(rig.grants.all().iter().all(|grant| grant.status == Status::Revoked));
            assert!(rig.upstream_tokens.all().is_empty());
        }
    }
}

#[tokio::test]
async fn a_redemption_that_broke_off_leaves_no_grant_once_it_is_tried_again() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    rig.upstream.set_subject(subject("owner"));
    let client_id = rig.register().await.unwrap();
    let code = browser.code(&rig, &client_id).await.unwrap();
    withdraw(&rig, "owner", None).await.unwrap();
    // Client, authorization, upstream tokens, grant; then the owner.
    rig.store.fail_after(4, Fault::Before);
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::Unavailable(_))));
    assert!(matches!(rig.redeem(&client_id, &code).await, Err(TokenError::InvalidGrant(_))));
    assert_eq!(rig.only_grant().unwrap().status, Status::Revoked);
    assert!(rig.upstream_tokens.all().is_empty());
}

#[tokio::test]
async fn a_code_that_waits_for_another_client_or_owner_is_not_concerned() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    rig.upstream.set_subject(subject("owner"));
    let client_id = rig.register().await.unwrap();
    let code = browser.code(&rig, &client_id).await.unwrap();
    withdraw(&rig, "owner", Some(Id::from_bytes([9; 16]))).await.unwrap();
    withdraw(&rig, "other", None).await.unwrap();
    assert!(rig.redeem(&client_id, &code).await.is_ok());
}

#[tokio::test]
async fn a_sign_in_that_was_under_way_has_to_be_confirmed() {
    for remembered in [true, false] {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        let client = connected(&rig, &mut browser, "owner").await;
        rig.clock.advance(Duration::SECOND);
        let on_the_way = if remembered {
            allowed(browser.visit(&rig, &request(&client.client_id, &[])).await.unwrap())
        } else {
            let page = rig.open_page(&client.client_id).await.unwrap();
            allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap())
        };
        rig.clock.advance(Duration::SECOND);
        withdraw(&rig, "owner", None).await.unwrap();
        let completed = browser.come_back(&rig, &on_the_way.unwrap()).await.unwrap();
        assert!(sent_to_confirm(&completed).is_some(), "remembered: {remembered}");
        assert!(is_asked_everything(&rig, &browser, &client.client_id).await);
    }
}

#[tokio::test]
async fn a_decision_after_a_withdrawal_is_granted_though_the_page_was_opened_before() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client = connected(&rig, &mut browser, "owner").await;
    let page = rig.open_page(&client.client_id).await.unwrap();
    withdraw(&rig, "owner", None).await.unwrap();
    rig.clock.advance(Duration::MILLISECOND);
    let on_the_way = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
    let answer = testkit::answered(browser.come_back(&rig, &on_the_way).await.unwrap()).unwrap();
    let code = parameter(&answer.location, "code").unwrap().into();
    assert!(rig.redeem(&client.client_id, &code).await.is_ok());
    assert!(!is_asked_everything(&rig, &browser, &client.client_id).await);
}

#[tokio::test]
async fn of_a_withdrawal_and_a_redemption_at_once_no_grant_is_left() {
    for turns in 0..16 {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        rig.upstream.set_subject(subject("owner"));
        let client_id = rig.register().await.unwrap();
        let code = browser.code(&rig, &client_id).await.unwrap();
        let withdrawn = async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            withdraw(&rig, "owner", None).await
        };
        let (redeemed, withdrawn) = tokio::join!(rig.redeem(&client_id, &code), withdrawn);
        withdrawn.unwrap();
        assert!(rig.grants.all().iter().all(|grant| grant.status == Status::Revoked), "{turns}");
        assert!(rig.upstream_tokens.all().is_empty(), "{turns}");
        if let Ok(tokens) = redeemed {
            assert!(!rig.accepts(&tokens.access_token).await.unwrap(), "{turns}");
        }
    }
}

#[tokio::test]
async fn of_a_withdrawal_and_a_callback_at_once_no_approval_is_left() {
    for turns in 0..16 {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        rig.upstream.set_subject(subject("owner"));
        let client_id = rig.register().await.unwrap();
        let page = rig.open_page(&client_id).await.unwrap();
        let on_the_way = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
        let withdrawn = async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            withdraw(&rig, "owner", None).await
        };
        let (completed, withdrawn) = tokio::join!(browser.come_back(&rig, &on_the_way), withdrawn);
        completed.map(drop).unwrap();
        withdrawn.unwrap();
        assert!(rig.owners.all().iter().all(|owner| owner.approvals.is_empty()), "{turns}");
        assert!(is_asked_everything(&rig, &browser, &client_id).await, "{turns}");
    }
}

/// A script of a signed-in user can click as often as it likes, and every redemption reads the document.
#[tokio::test]
async fn clicks_leave_one_withdrawal_and_clients_that_are_made_up_no_more_than_there_is_room_for() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client = connected(&rig, &mut browser, "owner").await;
    let withdrawals = || rig.owners.all().iter().map(|owner| owner.withdrawals.len()).sum::<usize>();
    for all in [false, true] {
        for _ in 0..1000 {
            rig.clock.advance(Duration::MILLISECOND);
            withdraw(&rig, "owner", Some(client.client()).filter(|_| !all)).await.unwrap();
        }
        assert_eq!(withdrawals(), 1, "all: {all}");
    }
    for number in 0..1000 {
        withdraw(&rig, "owner", Some(Id::hash_of(&[&number.to_string()]))).await.unwrap();
    }
    assert!(withdrawals() <= 300, "{}", withdrawals());
}

#[tokio::test]
async fn a_withdrawal_that_fails_is_said_to_have_failed_and_can_be_done_again() {
    for skipped in 0.. {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        let client = connected(&rig, &mut browser, "owner").await;
        rig.store.fail_after(skipped, Fault::Before);
        let withdrawn = withdraw(&rig, "owner", None).await;
        if rig.store.fault_is_due() {
            assert!(withdrawn.is_ok() && skipped > 4);
            return;
        }
        assert!(withdrawn.is_err(), "{skipped}");
        withdraw(&rig, "owner", None).await.unwrap();
        assert_eq!(client.works(&rig).await, (false, false), "{skipped}");
    }
}

/// The withdrawal is an event of the click that wrote it, not of the click that ends the grants at last.
#[tokio::test]
async fn a_withdrawal_that_is_done_again_is_one_event() {
    for (first_is_of_all, second_is_of_all) in [(true, true), (false, false), (true, false)] {
        for skipped in 0.. {
            let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
            let client = connected(&rig, &mut browser, "owner").await;
            let click = async |of_all: bool| withdraw(&rig, "owner", Some(client.client()).filter(|_| !of_all)).await;
            rig.audit.take();
            rig.store.fail_after(skipped, Fault::Before);
            let withdrawn = click(first_is_of_all).await;
            if rig.store.fault_is_due() {
                break;
            }
            withdrawn.unwrap_err();
            click(second_is_of_all).await.unwrap();
            let events = rig.audit.names().into_iter().filter(|name| *name == EventName::ConsentWithdrawn).count();
            assert_eq!(events, 1, "{first_is_of_all} {second_is_of_all} {skipped}");
        }
    }
}
