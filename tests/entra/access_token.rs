//! Which of Entra's access tokens give their user roles.

use authorization_server::{
    ground::{Id, Subject},
    state::roles::{ADMIN, Roles, USER},
    upstream::{Upstream as _, UpstreamRefusal},
};
use local_tenant::{Endpoint, Fault};
use serde_json::{Value, json};
use time::Duration;

use crate::{
    requests::redeem,
    signed::{OTHER_ID, Rig, SignIns},
    support::Local,
};

fn owner(sign_ins: &SignIns) -> Id {
    let oid = sign_ins.rig.tenant.users()[0].oid.to_owned();
    Subject { tid: sign_ins.rig.ids.tenant.clone(), oid }.owner_key()
}

/// An access token with these changes. It names a role.
fn token(sign_ins: &SignIns, changes: &Value) -> String {
    let mut claims = sign_ins.claims();
    claims["scp"] = "access_as_user".into();
    claims["roles"] = json!(["Admin"]);
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    sign_ins.rig.tenant.sign(&claims)
}

async fn roles(sign_ins: &SignIns, token: String) -> Result<Roles, UpstreamRefusal> {
    sign_ins.entra.roles(&token.into(), owner(sign_ins)).await
}

async fn refused(sign_ins: &SignIns, token: String) {
    match roles(sign_ins, token).await {
        Err(UpstreamRefusal::Refused { reason }) => assert!(reason.starts_with("access token: "), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_roles_of_the_token_are_the_users_from_its_issue_on() {
    let sign_ins = SignIns::start().await;
    let now = sign_ins.rig.now();
    let earlier = now - Duration::minutes(40);
    for (changes, expected) in [
        (json!({}), Roles::named(["Admin"], now)),
        (json!({ "roles": null }), Roles::named([], now)),
        (json!({ "roles": ["User", "Admin"], "scp": "other access_as_user" }), Roles::named(["User", "Admin"], now)),
        (json!({ "iat": earlier.unix_timestamp() }), Roles::named(["Admin"], earlier)),
        (json!({ "iat": now.unix_timestamp() + 200 }), Roles::named(["Admin"], now)),
        (json!({ "iat": i64::MIN }), Roles::named(["Admin"], time::OffsetDateTime::UNIX_EPOCH)),
    ] {
        assert_eq!(roles(&sign_ins, token(&sign_ins, &changes)).await.unwrap(), expected, "{changes}");
    }
}

#[tokio::test]
async fn a_role_of_applications_is_none_of_a_user() {
    let sign_ins = SignIns::start().await;
    let held = roles(&sign_ins, token(&sign_ins, &json!({ "roles": ["Gateway"] }))).await.unwrap();
    assert_eq!(held, Roles::named([], sign_ins.rig.now()));
}

#[tokio::test]
async fn one_wrong_or_missing_claim_refuses_the_token() {
    let sign_ins = SignIns::start().await;
    let other_user = sign_ins.rig.tenant.users()[1].oid;
    let other_tenant = format!("{}/{OTHER_ID}/v2.0", sign_ins.rig.tenant.base_url());
    let now = sign_ins.rig.now().unix_timestamp();
    for (claim, value) in [
        ("oid", json!(other_user)),
        ("aud", json!(OTHER_ID)),
        ("aud", json!([sign_ins.rig.ids.client, OTHER_ID])),
        ("iss", json!(other_tenant)),
        ("tid", json!(OTHER_ID)),
        ("exp", json!(now - 300)),
        ("scp", json!("access_as_users other")),
        ("iat", json!("now")),
    ] {
        refused(&sign_ins, token(&sign_ins, &json!({ claim: value }))).await;
        refused(&sign_ins, token(&sign_ins, &json!({ claim: null }))).await;
    }
    refused(&sign_ins, token(&sign_ins, &json!({ "nbf": now + 301 }))).await;
    for roles in [json!("Admin"), json!({ "0": "Admin" }), json!(["Admin", 7])] {
        refused(&sign_ins, token(&sign_ins, &json!({ "roles": roles }))).await;
    }
}

/// Its audience, issuer and user are right. A role that an attacker put into it would still count for nothing.
#[tokio::test]
async fn an_id_token_and_a_token_of_an_application_give_no_role() {
    let sign_ins = SignIns::start().await;
    refused(&sign_ins, sign_ins.with("roles", json!(["Admin"]))).await;
    refused(&sign_ins, token(&sign_ins, &json!({ "scp": null, "idtyp": "app" }))).await;
}

#[tokio::test]
async fn a_token_that_others_signed_gives_no_role() {
    let (sign_ins, other) = (SignIns::start().await, Rig::start().await);
    let mut claims = sign_ins.claims();
    claims["scp"] = "access_as_user".into();
    refused(&sign_ins, other.tenant.sign(&claims)).await;
    refused(&sign_ins, "an access token".to_owned()).await;
}

#[tokio::test]
async fn without_signing_keys_nobody_is_refused_for_good() {
    let (sign_ins, local) = (SignIns::start().await, Local::start().await);
    local.tenant.fail_next(Endpoint::Keys, 2, Fault::Dropped).unwrap();
    let unverified = local.entra.roles(&token(&sign_ins, &json!({})).into(), owner(&sign_ins)).await;
    assert!(matches!(unverified, Err(UpstreamRefusal::Unavailable(_))), "{unverified:?}");
}

#[tokio::test]
async fn a_sign_in_brings_a_token_whose_roles_can_be_read() {
    let local = Local::start().await;
    let oid = local.tenant.users()[0].oid.to_owned();
    let owner = Subject { tid: local.ids.tenant.clone(), oid }.owner_key();
    let held = local.entra.roles(&redeem(&local).await.access_token, owner).await.unwrap();
    assert!(held.has(&ADMIN) && !held.has(&USER), "{held:?}");
}
