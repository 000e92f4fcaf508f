//! Keys and signed tokens.

#![cfg(test)]

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use stand_in::{SigningKey, UnverifiedJwt, jwt::sign};

#[test]
fn a_stored_key_is_the_same_key() {
    let key = SigningKey::generate();
    let again = SigningKey::from_stored(&key.to_stored()).unwrap();
    assert_eq!(key.public(), again.public());
    assert!(again.public().verify(b"message", &key.sign(b"message")));
}

#[test]
fn another_key_or_another_message_does_not_verify() {
    let key = SigningKey::generate();
    let signature = key.sign(b"message");
    assert!(!key.public().verify(b"massage", &signature));
    assert!(!SigningKey::generate().public().verify(b"message", &signature));
}

fn parsed(key: &SigningKey, claims: &Value) -> UnverifiedJwt {
    UnverifiedJwt::parse(&sign(key, claims)).unwrap()
}

#[test]
fn a_signed_token_is_read_and_verified() {
    let key = SigningKey::generate();
    let jwt = parsed(&key, &json!({ "sub": "s", "scp": "a b" }));
    assert_eq!(jwt.signed_by(key.public()), Ok(()));
    assert_eq!((jwt.text("sub"), jwt.kid()), ("s", Some(key.public().kid.as_str())));
    assert!(jwt.has_scope("b") && !jwt.has_scope("a b"));
}

#[test]
fn the_time_bounds_hold_with_their_skew() {
    let key = SigningKey::generate();
    let jwt = parsed(&key, &json!({ "nbf": 10, "exp": 20 }));
    assert!(!jwt.in_time(9, 0) && jwt.in_time(10, 0) && jwt.in_time(19, 0) && !jwt.in_time(20, 0));
    assert!(jwt.in_time(9, 1) && jwt.in_time(20, 1));
    assert!(!parsed(&key, &json!({ "nbf": 10 })).in_time(15, 0));
}

#[test]
fn the_token_does_not_choose_its_algorithm() {
    let key = SigningKey::generate();
    let kid = &key.public().kid;
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "kid": kid }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "RS256", "kid": kid, "crit": ["b64"] }),
    ] {
        let input = format!("{}.e30", URL_SAFE_NO_PAD.encode(header.to_string()));
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes())));
        assert!(UnverifiedJwt::parse(&token).unwrap().signed_by(key.public()).is_err(), "{header}");
    }
}

#[test]
fn another_form_is_not_parsed() {
    for token in ["", "a.b", "e30.e30.", "e30=.e30.YQ", "W10.e30.YQ", "e30.e30.YQ.YQ"] {
        assert!(UnverifiedJwt::parse(token).is_none(), "{token}");
    }
}
