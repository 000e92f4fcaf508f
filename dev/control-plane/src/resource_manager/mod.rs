//! `management.azure.com`: <https://learn.microsoft.com/rest/api/resources>.

mod authorization;
mod deployments;
mod offers;
mod resources;

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::answer::Answer;
use crate::asked::Asked;
use crate::state::State;
use crate::tokens::{Audience, Principal};

pub(crate) const HOST: &str = "management.azure.com";

pub(crate) fn answer(state: &mut State, asked: &Asked) -> Answer {
    let Some(principal) = state.tokens.principal(asked, Audience::ResourceManager) else {
        return Answer::error(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", "The access token is invalid.");
    };
    if !is_api_version(asked.query("api-version")) {
        let message = "The api-version query parameter (?api-version=) is required for all requests.";
        return Answer::error(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", message);
    }
    let segments = asked.segments();
    let [subscriptions, rest @ ..] = segments.as_slice() else { return Answer::not_implemented(asked) };
    match (&asked.method, subscriptions.to_ascii_lowercase().as_str(), rest) {
        (&Method::GET, "tenants", []) => tenants(state),
        (&Method::GET, "providers", ["Microsoft.Web", "locations", _, "functionAppStacks"]) => offers::runtimes(asked),
        (&Method::GET, "subscriptions", []) => Answer::ok(json!({ "value": [state.subscription_entry()] })),
        (_, "subscriptions", [id, rest @ ..]) if *id == state.subscription => {
            in_subscription(state, asked, principal, rest)
        }
        (_, "subscriptions", [id, ..]) => {
            Answer::not_found("SubscriptionNotFound", format!("The subscription '{id}' could not be found."))
        }
        _ => Answer::not_implemented(asked),
    }
}

fn in_subscription(state: &mut State, asked: &Asked, principal: Principal, rest: &[&str]) -> Answer {
    let lower: Vec<String> = rest.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    match (&asked.method, lower.as_slice()) {
        (&Method::GET, []) => Answer::ok(state.subscription_entry()),
        (&Method::GET, ["locations"]) => offers::locations(state),
        (&Method::GET, ["providers", namespace]) => offers::provider(namespace),
        (&Method::GET, ["providers", "microsoft.web", "georegions"]) => offers::flex_regions(asked),
        (&Method::GET, ["providers", "microsoft.apimanagement", "skus"]) => offers::gateway_tiers(),
        (&Method::GET, ["providers", "microsoft.apimanagement", "deletedservices"]) => offers::deleted_gateways(state),
        (&Method::GET, ["providers", "microsoft.keyvault", "deletedvaults"]) => offers::deleted_vaults(state),
        (_, ["providers", "microsoft.resources", "deployments", ..]) => {
            deployments::answer(state, asked, rest.get(3..).unwrap_or_default())
        }
        (&Method::GET, ["providers", "microsoft.authorization", kind, rest @ ..]) => {
            authorization::answer(state, asked, principal, kind, rest)
        }
        (&Method::DELETE, ["providers", "microsoft.apimanagement", "locations", location, "deletedservices", name]) => {
            resources::purge_service(state, location, name)
        }
        (_, ["resourcegroups", group, rest @ ..]) => resources::answer(state, asked, group, rest),
        _ => Answer::not_implemented(asked),
    }
}

fn tenants(state: &State) -> Answer {
    Answer::ok(json!({ "value": [{
        "id": format!("/tenants/{}", state.tenant), "tenantId": state.tenant,
        "displayName": "Contoso", "defaultDomain": "contoso.example",
    }] }))
}

/// A date, perhaps of a preview.
fn is_api_version(text: &str) -> bool {
    let date = text.strip_suffix("-preview").unwrap_or(text);
    date.len() == 10
        && date.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}
