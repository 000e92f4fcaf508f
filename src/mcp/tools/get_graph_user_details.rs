//! `get_graph_user_details`: Graph's `GET /v1.0/me`. <https://learn.microsoft.com/graph/api/user-get>

use authorization_server::state::{
    api::Api,
    scopes::{Permission, USER_READ},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    arguments::NoArguments,
    outcome::ToolError,
    tool::{Caller, Tool},
};
use crate::graph::{ApiError, Request};

pub(super) struct GetGraphUserDetails;

impl Tool for GetGraphUserDetails {
    const NAME: &'static str = "get_graph_user_details";
    const TITLE: &'static str = "User details";
    const DESCRIPTION: &'static str = "Get user details from Microsoft Graph.";
    const PERMISSIONS: &'static [&'static Permission] = &[&USER_READ];
    type Arguments = NoArguments;
    type Output = Details;

    async fn call(caller: Caller<'_>, NoArguments {}: NoArguments) -> Result<Details, ToolError> {
        let answer = caller.get(&Request::of("/v1.0/me")).await?;
        with_success(answer).ok_or(ToolError::Api(Api::Graph, ApiError::Unexpected))
    }

    fn encode(Details(answer): Details) -> serde_json::Result<Value> {
        Ok(answer)
    }
}

/// Graph's answer as it came, with `"success": true`.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Details(#[schemars(with = "GraphUser")] Value);

/// The members that Graph's answer has by default.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
struct GraphUser {
    id: String,
    display_name: Option<String>,
    given_name: Option<String>,
    surname: Option<String>,
    user_principal_name: Option<String>,
    mail: Option<String>,
    job_title: Option<String>,
    office_location: Option<String>,
    preferred_language: Option<String>,
    mobile_phone: Option<String>,
    business_phones: Option<Vec<String>>,
    success: bool,
}

/// `None` unless the answer is an object.
fn with_success(mut answer: Value) -> Option<Details> {
    let members = answer.as_object_mut()?;
    members.insert("success".into(), true.into());
    Some(Details(answer))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn success_is_added_to_what_graph_says() {
        assert_eq!(with_success(json!({ "id": "007" })).unwrap(), Details(json!({ "id": "007", "success": true })));
        assert_eq!(with_success(json!({ "success": "maybe" })).unwrap(), Details(json!({ "success": true })));
    }

    #[test]
    fn an_answer_that_is_no_object_is_not_understood() {
        for answer in [json!([]), json!(null), json!("text"), json!(1)] {
            assert_eq!(with_success(answer), None);
        }
    }
}
