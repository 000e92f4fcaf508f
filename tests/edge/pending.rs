//! Sign-ins that begin and do not end.

use std::{num::NonZeroU32, sync::Arc};

use allocation_counter::measure;
use async_trait::async_trait;
use authorization_server::{
    AuthorizationServer, Ports,
    ground::{Clock as _, Sealer, Unavailable, lifetimes::AUTHORIZATION_LIFETIME},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use oauth_protocol::{issuer::BaseUrl, redirect_uri::PrivateUseSchemes};
use remote_auth_mcp::config::Limits;
use testkit::Rig;
use tokio::runtime::Builder;

use crate::{
    browser::{Browser, authorize},
    rig::{Edge, ORIGIN},
};

const PENDING: u32 = 10_000;

/// Limits with which one address may ask for so many pages a minute, and decide on so many.
fn limits(pages: u32, decisions: u32) -> Limits {
    let [authorizations_per_minute, page_requests_per_minute] =
        [pages, decisions].map(|most| NonZeroU32::new(most).unwrap());
    Limits { authorizations_per_minute, page_requests_per_minute, ..Limits::default() }
}

/// A keyring that keeps nothing, as the real one: what it seals is in the text.
struct Keepless;

#[async_trait]
impl Sealer for Keepless {
    async fn seal(&self, purpose: &str, plaintext: &[u8]) -> Result<String, Unavailable> {
        Ok(URL_SAFE_NO_PAD.encode([purpose.as_bytes(), b"\n", plaintext].concat()))
    }

    async fn open(&self, purpose: &str, sealed: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let opened = URL_SAFE_NO_PAD.decode(sealed).ok();
        Ok(opened.and_then(|text| Some(text.strip_prefix(format!("{purpose}\n").as_bytes())?.to_vec())))
    }
}

fn edge_that_keeps_nothing_sealed() -> Edge {
    let mut rig = Rig::new().unwrap();
    let ports = Ports { sealer: Arc::new(Keepless), ..rig.ports.clone() };
    let base = BaseUrl::parse(ORIGIN).unwrap();
    rig.server = Arc::new(AuthorizationServer::new(base, PrivateUseSchemes::default(), testkit::LIMITS, ports));
    Edge::around(rig, limits(2 * PENDING, 1))
}

#[test]
fn ten_thousand_requests_on_which_nobody_decides_leave_no_record_and_take_no_memory() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let edge = edge_that_keeps_nothing_sealed();
    let client_id = runtime.block_on(edge.register()).unwrap();
    let path = authorize(&client_id, &[]);
    let ask = |times: u32| {
        runtime.block_on(async {
            for _ in 0..times {
                assert_eq!(edge.get(&path).await.status, 200);
            }
        });
    };
    ask(100);
    let kept = measure(|| ask(PENDING)).bytes_current;
    assert!(kept < i64::from(PENDING), "{kept} bytes: less than one for each");
    assert_eq!((edge.authorizations.all().len(), edge.grants.all().len(), edge.clients.all().len()), (0, 0, 1));
}

#[tokio::test]
async fn an_address_has_only_so_many_sign_ins_that_do_not_end_and_each_record_expires() {
    const SIGN_INS: u32 = 20;
    let edge = Edge::limited(limits(PENDING, SIGN_INS));
    let client_id = edge.register().await.unwrap();
    let decide = async || {
        let mut browser = Browser::default();
        let form = browser.ask(&edge, &client_id).await;
        browser.decide(&edge, &form, "allow").await.status
    };
    for _ in 0..SIGN_INS {
        assert_eq!(decide().await, 200);
    }
    for _ in 0..SIGN_INS {
        assert_eq!(decide().await, 429);
    }
    let waiting = edge.authorizations.all();
    assert_eq!(waiting.len(), usize::try_from(SIGN_INS).unwrap());
    let now = edge.clock.now();
    assert!(waiting.iter().all(|authorization| authorization.expires_at() <= now + AUTHORIZATION_LIFETIME));
}
