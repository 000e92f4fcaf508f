//! Several authorizations at once in one browser, interleaved in any order: each ends with its own code.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::endpoints::{
    callback::CallbackError,
    consent::{ConsentError, Decision},
    pages::ConsentPage,
};
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{Allowed, Browser, Rig, allowed, answered, asked, denied, parameter, request};

/// One tab: a client, its page, and how far it has come.
struct Tab {
    client_id: String,
    page: ConsentPage,
    allowed: Option<Allowed>,
    code: Option<SecretString>,
}

impl Tab {
    async fn open(rig: &Rig, browser: &Browser, client_id: &str) -> Self {
        let page = asked(browser.visit(rig, &request(client_id, &[])).await.unwrap()).unwrap();
        Self { client_id: client_id.to_owned(), page, allowed: None, code: None }
    }

    /// Allows, then comes back.
    async fn step(&mut self, rig: &Rig, browser: &mut Browser) {
        match &self.allowed {
            None => {
                let decided = browser.decide(rig, &self.page.form, Decision::Allow).await.unwrap();
                self.allowed = allowed(decided);
            }
            Some(allowed) => {
                let answer = answered(browser.come_back(rig, allowed).await.unwrap()).unwrap();
                self.code = parameter(&answer.location, "code").map(Into::into);
            }
        }
    }
}

/// Every order of two steps in each of two tabs.
const ORDERS: [[usize; 4]; 6] = [[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 1, 0], [1, 1, 0, 0]];

async fn two_tabs_in_every_order(same_client: bool) {
    for order in ORDERS {
        let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
        let first = rig.register().await.unwrap();
        let second = if same_client { first.clone() } else { rig.register().await.unwrap() };
        let mut tabs = [Tab::open(&rig, &browser, &first).await, Tab::open(&rig, &browser, &second).await];
        for tab in order {
            tabs.get_mut(tab).unwrap().step(&rig, &mut browser).await;
        }
        for tab in &tabs {
            let code = tab.code.as_ref().unwrap();
            assert!(code.expose_secret().starts_with(&tab.page.form.pending.id.to_string()), "{order:?}");
            let tokens = rig.redeem(&tab.client_id, code).await.unwrap();
            assert!(rig.accepts(&tokens.access_token).await.unwrap());
            let visited = browser.visit(&rig, &request(&tab.client_id, &[])).await.unwrap();
            assert!(allowed(visited).is_some(), "remembered: {order:?}");
        }
        assert_eq!(rig.grants.all().len(), 2);
    }
}

#[tokio::test]
async fn two_clients_in_two_tabs_each_get_their_own_code() {
    two_tabs_in_every_order(false).await;
}

#[tokio::test]
async fn the_same_client_in_two_tabs_gets_two_codes() {
    two_tabs_in_every_order(true).await;
}

#[tokio::test]
async fn a_tab_that_is_denied_leaves_the_other_alone() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let mut allowing = Tab::open(&rig, &browser, &client_id).await;
    let denying = Tab::open(&rig, &browser, &client_id).await;
    allowing.step(&rig, &mut browser).await;
    assert!(denied(browser.decide(&rig, &denying.page.form, Decision::Deny).await.unwrap()).is_some());
    allowing.step(&rig, &mut browser).await;
    assert!(rig.redeem(&client_id, &allowing.code.unwrap()).await.is_ok());
    let again = browser.decide(&rig, &denying.page.form, Decision::Allow).await;
    assert!(matches!(again, Err(ConsentError::AlreadyDecided)));
}

#[tokio::test]
async fn a_tab_that_passes_without_a_click_and_one_that_asks_do_not_meet() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let known = rig.register().await.unwrap();
    browser.code(&rig, &known).await.unwrap();
    let unknown = rig.register().await.unwrap();
    let mut asking = Tab::open(&rig, &browser, &unknown).await;
    let sign_in = allowed(browser.visit(&rig, &request(&known, &[])).await.unwrap()).unwrap();
    asking.step(&rig, &mut browser).await;
    let answer = answered(browser.come_back(&rig, &sign_in).await.unwrap()).unwrap();
    asking.step(&rig, &mut browser).await;
    let code = parameter(&answer.location, "code").unwrap().into();
    assert!(rig.redeem(&known, &code).await.is_ok());
    assert!(rig.redeem(&unknown, &asking.code.unwrap()).await.is_ok());
}

#[tokio::test]
async fn the_answers_of_two_tabs_cannot_be_exchanged() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let (first, second) = (rig.register().await.unwrap(), rig.register().await.unwrap());
    let mut tabs = [Tab::open(&rig, &browser, &first).await, Tab::open(&rig, &browser, &second).await];
    for tab in &mut tabs {
        tab.step(&rig, &mut browser).await;
    }
    let [one, two] = tabs.map(|tab| tab.allowed.unwrap());
    let exchanged = browser.call_back(&rig, &one, Some(two.cookie.expose_secret())).await;
    assert!(matches!(exchanged, Err(CallbackError::OtherBrowser)));
    let code = answered(browser.come_back(&rig, &two).await.unwrap()).unwrap();
    let code = SecretString::from(parameter(&code.location, "code").unwrap());
    assert!(rig.redeem(&first, &code).await.is_err(), "the other client's");
    assert!(rig.redeem(&second, &code).await.is_ok());
}

#[tokio::test]
async fn a_callback_that_is_repeated_in_one_tab_leaves_the_other_alone() {
    let (rig, mut browser) = (Rig::new().unwrap(), Browser::default());
    let client_id = rig.register().await.unwrap();
    let mut tabs = [Tab::open(&rig, &browser, &client_id).await, Tab::open(&rig, &browser, &client_id).await];
    for tab in [0, 1, 0] {
        tabs[tab].step(&rig, &mut browser).await;
    }
    let again = browser.come_back(&rig, tabs[0].allowed.as_ref().unwrap()).await;
    assert!(matches!(again, Err(CallbackError::AlreadyCompleted)));
    tabs[1].step(&rig, &mut browser).await;
    for tab in &tabs {
        assert!(rig.redeem(&client_id, tab.code.as_ref().unwrap()).await.is_ok());
    }
}
