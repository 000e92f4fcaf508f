//! `graph.microsoft.com`, as far as the command line asks who is signed in.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::state::State;
use crate::tokens::{Audience, Principal, USER};

pub(crate) const HOST: &str = "graph.microsoft.com";

/// The policy by which users may consent to any permission of an app.
const USERS_CONSENT: &str = "ManagePermissionGrantsForSelf.microsoft-user-default-legacy";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

pub(crate) fn answer(state: &mut State, asked: &Asked) -> Answer {
    let Some(principal) = state.tokens.principal(asked, Audience::Graph) else {
        return Answer::error(
            StatusCode::UNAUTHORIZED,
            "InvalidAuthenticationToken",
            "Access token validation failure.",
        );
    };
    match (&asked.method, asked.segments().as_slice(), principal) {
        (&Method::GET, ["v1.0", "me"], Principal::User) => Answer::ok(json!({
            "id": principal.object_id(), "displayName": "Olive Owner", "userPrincipalName": USER, "mail": USER,
        })),
        (&Method::GET, ["v1.0", "policies", "authorizationPolicy"], _) => Answer::ok(json!({
            "id": "authorizationPolicy", "defaultUserRolePermissions": {
                "allowedToCreateApps": true, "permissionGrantPoliciesAssigned": [USERS_CONSENT],
            },
        })),
        (&Method::GET, ["v1.0", "me", "transitiveMemberOf", "microsoft.graph.directoryRole"], Principal::User) => {
            Answer::ok(
                json!({ "value": [{ "displayName": "Global Administrator", "roleTemplateId": GLOBAL_ADMINISTRATOR }] }),
            )
        }
        (&Method::GET, ["v1.0", principal], _) if principal.starts_with("servicePrincipals(appId='") => {
            Answer::ok(json!({ "appRoleAssignmentRequired": false }))
        }
        (&Method::GET, ["v1.0", "me", ..], Principal::Pipeline) => Answer::error(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "/me request is only valid with delegated authentication flow.",
        ),
        _ => Answer::not_implemented(asked),
    }
}
