//! A gateway token that is accepted was signed by the tenant, names the gateway and our app, and has not expired. A text
//! that nobody signed is refused.
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

use fuzz::run;
use libfuzzer_sys::fuzz_target;
use local_tenant::GATEWAY_PRINCIPAL_ID;
use remote_auth_mcp::entra::GatewayTokenVerifier;
use serde_json::{Map, Value};
use signed::{Rig, Verdict, verdict};

struct Gateway {
    rig: Rig,
    verifier: GatewayTokenVerifier,
}

thread_local! {
    static GATEWAY: OnceCell<Gateway> = const { OnceCell::new() };
}

fn gateway() -> Gateway {
    let rig = run(Rig::start());
    let verifier = rig.gateway();
    assert_eq!(run(verdict(&verifier, rig.tenant.sign(&rig.gateway_claims()))), Verdict::Accepted);
    Gateway { rig, verifier }
}

/// Whether claims that the tenant signed are those of the gateway, by the words of docs/edge.md.
fn is_the_gateways(rig: &Rig, claims: &Value) -> bool {
    let now = rig.now().unix_timestamp();
    let issuers = [
        format!("{}/{}/v2.0", rig.tenant.base_url(), rig.ids.tenant),
        format!("https://sts.windows.net/{}/", rig.ids.tenant),
    ];
    claims["aud"] == rig.ids.client
        && claims["iss"].as_str().is_some_and(|issuer| issuers.iter().any(|expected| expected == issuer))
        && claims["tid"] == rig.ids.tenant
        && claims["oid"] == GATEWAY_PRINCIPAL_ID
        && (claims["scp"].is_null() && (claims["idtyp"].is_null() || claims["idtyp"] == "app"))
        && claims["exp"].as_i64().is_some_and(|exp| now < exp.saturating_add(300))
        && claims["nbf"].as_i64().unwrap_or(0).saturating_sub(300) <= now
}

fuzz_target!(|data: &[u8]| {
    GATEWAY.with(|cell| {
        let Gateway { rig, verifier } = cell.get_or_init(gateway);
        let Ok(changes) = serde_json::from_slice::<Map<String, Value>>(data) else {
            let text = String::from_utf8_lossy(data);
            assert!(matches!(run(verdict(verifier, text)), Verdict::Refused(_)));
            return;
        };
        let mut claims = rig.gateway_claims();
        claims.as_object_mut().expect("an object").extend(changes);
        let expected = is_the_gateways(rig, &claims);
        let outcome = run(verdict(verifier, rig.tenant.sign(&claims)));
        assert!(outcome != Verdict::Accepted || expected, "accepted: {claims}");
        assert_ne!(outcome, Verdict::Unavailable, "{claims}");
    });
});
