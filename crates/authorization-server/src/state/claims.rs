//! Claims that an access token lacks: the `claims` of a claims challenge
//! (<https://learn.microsoft.com/entra/identity-platform/claims-challenge>), as the `claims` parameter carries them to Entra
//! (OpenID Connect Core §5.5).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The longest challenge that is kept. Entra's have a few hundred bytes.
const MAX_CHALLENGE_LENGTH: usize = 4096;
/// The client capabilities, which only this server declares.
const CAPABILITIES: &str = "xms_cc";

/// The `access_token` member of a claims challenge. Nothing else of a challenge is kept, so an API cannot put other claims into
/// a person's sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// The claims of a challenge, a JSON object; `None` if it has no object `access_token`, or is longer than 4 KiB.
    #[must_use]
    pub fn parse(challenge: &str) -> Option<Self> {
        let challenge: Map<String, Value> = Some(challenge)
            .filter(|text| text.len() <= MAX_CHALLENGE_LENGTH)
            .and_then(|text| serde_json::from_str(text).ok())?;
        let mut claims = challenge.get("access_token")?.as_object()?.clone();
        claims.remove(CAPABILITIES);
        Some(Self(claims))
    }

    /// These and the other claims together. Where both demand the same claim, these count. If the two together are longer than
    /// 4 KiB, only these remain.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let both = Self(other.0.clone().into_iter().chain(self.0.clone()).collect());
        if both.challenge().len() > MAX_CHALLENGE_LENGTH { self.clone() } else { both }
    }

    /// The challenge again, for a client that declares its capabilities itself.
    #[must_use]
    pub fn challenge(&self) -> String {
        json!({ "access_token": self.0 }).to_string()
    }

    /// The `claims` parameter that demands them and declares these capabilities.
    #[must_use]
    pub fn declaring(&self, capability: &str) -> String {
        let mut claims = self.0.clone();
        claims.insert(CAPABILITIES.to_owned(), json!({ "values": [capability] }));
        json!({ "access_token": claims }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_access_token_member_is_kept_and_its_capabilities_are_ours() {
        let acrs = r#"{"acrs":{"essential":true,"value":"c1"}}"#;
        let plain = Claims::parse(&format!(r#"{{"access_token":{acrs}}}"#)).unwrap();
        let others = format!(
            r#"{{"id_token":{{"email":null}},"userinfo":{{}},"max_age":0,"access_token":{}}}"#,
            acrs.replacen('{', r#"{"xms_cc":{"values":["evil"]},"#, 1)
        );
        assert_eq!(Claims::parse(&others), Some(plain.clone()));
        let sent: Value = serde_json::from_str(&plain.declaring("cp1")).unwrap();
        let capabilities = json!({ "values": ["cp1"] });
        assert_eq!(
            sent,
            json!({ "access_token": { "acrs": { "essential": true, "value": "c1" }, "xms_cc": capabilities } })
        );
    }

    #[test]
    fn two_demands_are_met_together_unless_they_are_too_long() {
        let read = |claims: &str| Claims::parse(&format!(r#"{{"access_token":{claims}}}"#)).unwrap();
        let (policy, other) = (read(r#"{"capolids":"p"}"#), read(r#"{"acrs":"c1","capolids":"q"}"#));
        assert_eq!(policy.and(&other), read(r#"{"acrs":"c1","capolids":"p"}"#));
        let with = |length: usize| policy.and(&read(&format!(r#"{{"a":"{}"}}"#, "x".repeat(length))));
        let most = MAX_CHALLENGE_LENGTH - with(0).challenge().len();
        assert_eq!((with(most).challenge().len(), with(most + 1)), (MAX_CHALLENGE_LENGTH, policy.clone()));
    }

    #[test]
    fn a_challenge_that_is_passed_on_declares_nothing() {
        let text = r#"{"access_token":{"acrs":{"essential":true,"value":"c1"},"xms_cc":{"values":["cp1"]}}}"#;
        let passed_on: Value = serde_json::from_str(&Claims::parse(text).unwrap().challenge()).unwrap();
        assert_eq!(passed_on, json!({ "access_token": { "acrs": { "essential": true, "value": "c1" } } }));
    }

    #[test]
    fn a_text_that_is_no_challenge_or_too_long_has_no_claims() {
        for none in
            ["", "x", "{}", "[]", "null", r#"{"access_token":null}"#, r#"{"access_token":"x"}"#, r#"{"id_token":{}}"#]
        {
            assert_eq!(Claims::parse(none), None, "{none}");
        }
        let of_length = |length: usize| {
            let empty = r#"{"access_token":{"a":""}}"#;
            empty.replace(r#""""#, &format!(r#""{}""#, "x".repeat(length - empty.len())))
        };
        assert!(Claims::parse(&of_length(MAX_CHALLENGE_LENGTH)).is_some());
        assert!(Claims::parse(&of_length(MAX_CHALLENGE_LENGTH + 1)).is_none());
    }
}
