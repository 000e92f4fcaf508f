//! An ID token that is accepted was signed by the tenant, for our app and this sign-in, names a user of the tenant, and has
//! not expired. A text that nobody signed is refused.
//!
//! The input: members of the claims, as JSON, that replace those of a good token; or any other text, which is the token.
#![no_main]
#![allow(dead_code, reason = "the tests of Entra need more of these")]

#[path = "../../../tests/entra/scripted.rs"]
mod scripted;
#[path = "../../../tests/entra/signed.rs"]
mod signed;
#[path = "../../../tests/entra/support.rs"]
mod support;

use std::cell::OnceCell;

use authorization_server::upstream::UpstreamRefusal;
use fuzz::run;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use signed::{NONCE, SignIns};

thread_local! {
    static SIGN_INS: OnceCell<SignIns> = const { OnceCell::new() };
}

fn sign_ins() -> SignIns {
    let sign_ins = run(SignIns::start());
    let good = sign_ins.rig.tenant.sign(&sign_ins.claims());
    assert!(run(sign_ins.redeem(&good)).is_ok());
    sign_ins
}

/// Whether claims that the tenant signed are those of a user who signed in (OpenID Connect Core §3.1.3.7).
fn is_of_this_sign_in(sign_ins: &SignIns, claims: &Value) -> bool {
    let (now, ids) = (sign_ins.rig.now().unix_timestamp(), &sign_ins.rig.ids);
    let expected = sign_ins.claims();
    claims["aud"] == ids.client
        && claims["iss"] == expected["iss"]
        && claims["tid"] == ids.tenant
        && claims["oid"].as_str().is_some_and(|oid| !oid.is_empty())
        && claims["nonce"] == NONCE
        && claims["exp"].as_i64().is_some_and(|exp| now < exp.saturating_add(300))
        && claims["nbf"].as_i64().unwrap_or(0).saturating_sub(300) <= now
}

/// Whether the token was accepted.
fn is_accepted(sign_ins: &SignIns, token: &str) -> bool {
    match run(sign_ins.redeem(token)) {
        Ok(_) => true,
        Err(UpstreamRefusal::Refused { reason }) => {
            assert!(reason.starts_with("ID token: "), "{reason}");
            false
        }
        Err(other) => panic!("{other:?}"),
    }
}

fuzz_target!(|data: &[u8]| {
    SIGN_INS.with(|cell| {
        let sign_ins = cell.get_or_init(sign_ins);
        let Ok(changes) = serde_json::from_slice::<Map<String, Value>>(data) else {
            return assert!(!is_accepted(sign_ins, &String::from_utf8_lossy(data)));
        };
        let mut claims = sign_ins.claims();
        claims.as_object_mut().expect("an object").extend(changes);
        let expected = is_of_this_sign_in(sign_ins, &claims);
        assert!(!is_accepted(sign_ins, &sign_ins.rig.tenant.sign(&claims)) || expected, "accepted: {claims}");
    });
});
