//! How much of an answer is read.

use authorization_server::upstream::{Upstream as _, UpstreamRefusal};
use serde_json::{Value, json};

use crate::{
    scripted::{Scripted, response},
    signed::{Rig, Verdict, verdict},
    support::{Ids, entra, http},
};

const MAX_ANSWER: usize = 64 * 1024;
const MAX_KEYS: usize = 256 * 1024;

/// The JSON, made this long by a member that nobody reads.
fn padded(mut json: Value, length: usize) -> Value {
    json["pad"] = "".into();
    json["pad"] = "x".repeat(length - json.to_string().len()).into();
    assert_eq!(json.to_string().len(), length);
    json
}

#[tokio::test]
async fn a_token_response_at_the_limit_is_read_and_a_longer_one_is_an_outage_that_is_not_asked_twice() {
    let server = Scripted::start(&json!({ "keys": [] })).await;
    let ids = Ids { tenant: "tenant".into(), client: "client".into() };
    let entra = entra(&server.url, &ids, "an assertion");
    let tokens = json!({ "access_token": "AT", "token_type": "Bearer", "expires_in": 3600 });
    let refresh = async |status, body: Value| {
        server.prepare([response(status, &[], body.to_string().as_bytes())]);
        entra.refresh(&"a token".into()).await
    };
    assert!(refresh(200, padded(tokens.clone(), MAX_ANSWER)).await.is_ok());
    for (status, body) in [(200, tokens), (400, json!({ "error": "invalid_grant" })), (503, json!({}))] {
        let outcome = refresh(status, padded(body, MAX_ANSWER + 1)).await;
        assert!(matches!(outcome, Err(UpstreamRefusal::Unavailable(_))), "{status}: {:?}", outcome.err());
        assert_eq!(server.bodies().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn signing_keys_at_the_limit_are_read_and_longer_ones_are_as_good_as_none() {
    let rig = Rig::start().await;
    let url = format!("{}/{}/discovery/v2.0/keys", rig.tenant.base_url(), rig.ids.tenant);
    let keys: Value = http().get(url).send().await.unwrap().json().await.unwrap();
    for (length, expected) in [(MAX_KEYS, Verdict::Accepted), (MAX_KEYS + 1, Verdict::Unavailable)] {
        let authority = Scripted::start(&padded(keys.clone(), length)).await;
        let gateway = rig.entra(&authority.url).gateway_tokens(local_tenant::GATEWAY_PRINCIPAL_ID.to_owned());
        let issuer = json!(format!("{}/{}/v2.0", authority.url, rig.ids.tenant));
        assert_eq!(verdict(&gateway, rig.gateway_token_with("iss", issuer)).await, expected, "{length}");
    }
}
