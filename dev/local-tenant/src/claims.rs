//! The `claims` parameter (OIDC Core §5.5), in which clients declare capabilities and pass challenges on.

use serde_json::{Map, Value, json};

use crate::aadsts::{MALFORMED, Refusal};
use crate::conditional_access::{CLAIM, is_demanded};
use crate::sts::Sts;

/// The members of `claims` that have an effect here.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ClaimsRequest {
    /// `access_token.xms_cc`: the client's capabilities, copied into access tokens.
    pub(crate) capabilities: Vec<String>,
    /// The policy's id in `access_token.capolids`: the user must bring the second factor.
    pub(crate) second_factor: bool,
}

impl ClaimsRequest {
    /// Must be a JSON object. Claims that this tenant neither demanded nor could honour are refused.
    pub(crate) fn parse(claims: Option<&str>, sts: &Sts) -> Result<Self, Refusal> {
        let Some(claims) = claims else { return Ok(Self::default()) };
        let (now, demanded) = (sts.clock.unix(), sts.faults.demanded());
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
                // Voluntary claims may be left out (OIDC Core §5.5.1). MSAL for Node asks for some each time.
                ("id_token", Value::Object(claims))
                    if claims.values().all(|claim| *claim == json!({ "essential": false })) => {}
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
                CLAIM if is_demanded(demand) => self.second_factor = true,
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
