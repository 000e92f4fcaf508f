//! The `claims` parameter (OIDC Core §5.5), in which clients declare capabilities and pass challenges on.

use serde_json::{Map, Value};

use crate::{
    aadsts::{MALFORMED, Refusal},
    sts::Sts,
};

/// What of `claims` has an effect here.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ClaimsRequest {
    /// `access_token.xms_cc`: the client's capabilities, copied into access tokens.
    pub(crate) capabilities: Vec<String>,
}

impl ClaimsRequest {
    /// Must be a JSON object. What this tenant neither demanded nor could honour is refused.
    pub(crate) fn parse(claims: Option<&str>, sts: &Sts) -> Result<Self, Refusal> {
        Self::read(claims, sts.clock.unix(), &sts.faults.demanded())
    }

    fn read(claims: Option<&str>, now: i64, demanded: &Map<String, Value>) -> Result<Self, Refusal> {
        let Some(claims) = claims else { return Ok(Self::default()) };
        let members: Map<String, Value> =
            serde_json::from_str(claims).map_err(|_| malformed("'claims' is not a JSON object"))?;
        let mut request = Self::default();
        for (target, demands) in &members {
            match (target.as_str(), demands) {
                ("access_token", Value::Object(claims)) => {
                    let own = |(claim, value): &(&String, &Value)| demanded.get(*claim) == Some(*value);
                    let others = claims.iter().filter(|pair| !own(pair));
                    request.read_access_token(others, now)?;
                }
                ("access_token" | "id_token" | "userinfo", Value::Null) => {}
                _ => return Err(malformed(&format!("claims for '{target}' are not implemented"))),
            }
        }
        Ok(request)
    }

    fn read_access_token<'a>(
        &mut self,
        demands: impl Iterator<Item = (&'a String, &'a Value)>,
        now: i64,
    ) -> Result<(), Refusal> {
        for (claim, demand) in demands {
            match claim.as_str() {
                "xms_cc" => self.capabilities = capabilities(demand)?,
                // Continuous access evaluation asks for a token issued after an event. Ours are issued now.
                "nbf" if not_before(demand).is_some_and(|nbf| nbf <= now) => {}
                _ => return Err(malformed(&format!("the access token claim '{claim}' is not implemented"))),
            }
        }
        Ok(())
    }
}

fn capabilities(demand: &Value) -> Result<Vec<String>, Refusal> {
    let values = demand.get("values").and_then(Value::as_array);
    values
        .and_then(|values| values.iter().map(|value| value.as_str().map(str::to_owned)).collect())
        .ok_or_else(|| malformed("'xms_cc' needs 'values', a list of texts"))
}

fn not_before(demand: &Value) -> Option<i64> {
    demand.get("value")?.as_str()?.parse().ok()
}

fn malformed(reason: &str) -> Refusal {
    MALFORMED.with(&[reason])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read() {
        let claims = r#"{"access_token":{"xms_cc":{"values":["cp1"]},"nbf":{"essential":true,"value":"100"}}}"#;
        assert_eq!(ClaimsRequest::read(Some(claims), 100, &Map::new()).unwrap().capabilities, ["cp1"]);
    }

    #[test]
    fn what_cannot_be_honoured_is_refused() {
        for claims in [
            "",
            "[]",
            "{",
            r#"{"access_token":{"acrs":{"value":"c1"}}}"#,
            r#"{"access_token":{"nbf":{"value":"101"}}}"#,
            r#"{"access_token":{"xms_cc":["cp1"]}}"#,
            r#"{"id_token":{"auth_time":{"essential":true}}}"#,
        ] {
            assert_eq!(ClaimsRequest::read(Some(claims), 100, &Map::new()).unwrap_err().number, 9_002_313, "{claims}");
        }
    }

    #[test]
    fn what_was_demanded_is_honoured_beside_the_capabilities() {
        let demanded: Map<String, Value> = serde_json::from_str(r#"{"acrs":{"essential":true,"value":"c1"}}"#).unwrap();
        let number = |claims: &str| ClaimsRequest::read(Some(claims), 100, &demanded).map_err(|refusal| refusal.number);
        let both = r#"{"access_token":{"acrs":{"value":"c1","essential":true},"xms_cc":{"values":["cp1"]}}}"#;
        assert_eq!(number(both).unwrap().capabilities, ["cp1"]);
        assert_eq!(number(r#"{"access_token":{"acrs":{"essential":true,"value":"c2"}}}"#), Err(9_002_313));
    }
}
