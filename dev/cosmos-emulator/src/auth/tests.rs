//! Every claim counts.

use serde_json::{Value, json};

use super::*;

fn authenticator() -> Authenticator {
    let mut options = Options::new("http://localhost:7072/", "tenant");
    options.principal_id = "workload".to_owned();
    Authenticator::new(&options).unwrap()
}

fn claims() -> Value {
    json!({
        "aud": "https://cosmos.azure.com/", "iss": "http://localhost:7072/tenant/", "tid": "tenant",
        "oid": "workload", "nbf": 1_000, "exp": 2_000,
    })
}

fn check(claims: &Value, now: i64) -> Result<(), Denied> {
    authenticator().check_claims(&UnverifiedToken::of_claims(claims), now)
}

#[test]
fn the_audience_is_taken_with_and_without_a_slash() {
    let mut claims = claims();
    assert_eq!(check(&claims, 1_500), Ok(()));
    claims["aud"] = json!("https://cosmos.azure.com");
    assert_eq!(check(&claims, 1_500), Ok(()));
    claims["aud"] = json!("https://cosmos.azure.com//");
    assert!(check(&claims, 1_500).is_err());
}

#[test]
fn each_wrong_claim_is_refused() {
    for (claim, value) in [
        ("aud", "https://vault.azure.net"),
        ("iss", "http://localhost:7072/tenant/v2.0"),
        ("iss", "https://sts.windows.net/tenant/"),
        ("tid", "another"),
    ] {
        let mut claims = claims();
        claims[claim] = json!(value);
        assert!(matches!(check(&claims, 1_500), Err(Denied::Unauthorized { .. })), "{claim}");
    }
}

#[test]
fn another_principal_has_no_role() {
    let mut claims = claims();
    claims["oid"] = json!("gateway");
    assert_eq!(check(&claims, 1_500), Err(Denied::NoRole { principal: "gateway".to_owned() }));
}

#[test]
fn a_token_holds_from_nbf_to_exp_give_or_take_the_skew() {
    let outcomes = [699, 700, 2_299, 2_300].map(|now| check(&claims(), now).is_ok());
    assert_eq!(outcomes, [false, true, true, false]);
}
