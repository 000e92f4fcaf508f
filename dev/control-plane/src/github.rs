//! GitHub's endpoint for a workflow's id token.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::state::State;

pub(crate) const HOST: &str = "pipelines.actions.githubusercontent.com";
/// The values that the runner puts into `ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
pub(crate) const URL: &str = "https://pipelines.actions.githubusercontent.com/idtoken/00000000?api-version=2.0";
pub(crate) const REQUEST_TOKEN: &str = "request-token-of-the-run";

const ISSUER: &str = "https://token.actions.githubusercontent.com";
const SUBJECT: &str = "repo:contoso/remote-auth-mcp:ref:refs/heads/main";
const AUDIENCE: &str = "api://AzureADTokenExchange";

pub(crate) fn answer(state: &State, asked: &Asked) -> Answer {
    if asked.method != Method::GET || asked.segments() != ["idtoken", "00000000"] {
        return Answer::not_implemented(asked);
    }
    if asked.bearer.as_deref() != Some(REQUEST_TOKEN) {
        return Answer::error(StatusCode::UNAUTHORIZED, "Unauthorized", "the request token is not that of a run");
    }
    let claims = json!({ "iss": ISSUER, "sub": SUBJECT, "aud": asked.query("audience") });
    Answer::ok(json!({ "value": state.tokens.sign(claims) }))
}

/// Whether the federated credential of the pipeline's identity matches the assertion.
pub(crate) fn is_ours(state: &State, assertion: &str) -> bool {
    let expected = [("iss", ISSUER), ("sub", SUBJECT), ("aud", AUDIENCE)];
    let token = state.tokens.verified(assertion);
    token.is_some_and(|token| expected.iter().all(|(claim, value)| token.text(claim) == *value))
}
