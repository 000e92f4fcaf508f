//! Resource groups and what is in them.

use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::HOST;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::json::{at, merge, text};
use crate::state::State;

/// `rest` is what follows the name of the group, in lower case.
pub(super) fn answer(state: &mut State, asked: &Asked, group: &str, rest: &[&str]) -> Answer {
    let id = format!("/subscriptions/{}/resourcegroups/{group}", state.subscription);
    if state.resource(&id).is_none() {
        return Answer::not_found("ResourceGroupNotFound", format!("Resource group '{group}' could not be found."));
    }
    match (&asked.method, rest) {
        (&Method::GET, []) => state.resource(&id).cloned().map_or_else(|| Answer::not_implemented(asked), Answer::ok),
        (&Method::DELETE, []) => {
            state.delete_group(group);
            accepted(state)
        }
        (&Method::DELETE, ["providers", "microsoft.operationalinsights", "workspaces", name]) => {
            delete_workspace(state, asked, &format!("{id}/providers/microsoft.operationalinsights/workspaces/{name}"))
        }
        (&Method::GET, ["resources"]) => list(state, asked, group),
        (&Method::GET, ["providers", namespace, kind]) => {
            let kind = format!("{namespace}/{kind}");
            let of_kind = state.in_group(group).filter(|resource| text(resource, "/type").eq_ignore_ascii_case(&kind));
            Answer::ok(json!({ "value": of_kind.collect::<Vec<_>>() }))
        }
        (&Method::GET, ["providers", path @ .., "providers", "microsoft.authorization", "roleassignments"]) => {
            assignments(state, asked, &format!("{id}/providers/{}", path.join("/")))
        }
        (&Method::GET, ["providers", path @ ..]) => {
            let id = format!("{id}/providers/{}", path.join("/"));
            let not_found = || Answer::not_found("ResourceNotFound", format!("The Resource '{id}' was not found."));
            state.resource(&id).map_or_else(not_found, |resource| Answer::ok(shown(resource)))
        }
        _ => Answer::not_implemented(asked),
    }
}

/// Answers 202; the client finds that the operation has ended when it looks.
fn accepted(state: &State) -> Answer {
    let location = format!("https://{HOST}/subscriptions/{}?api-version=2021-04-01", state.subscription);
    Answer::of(StatusCode::ACCEPTED, Value::Null).with_header(LOCATION, location).with_header(RETRY_AFTER, "1")
}

/// All of them, or those with a tag: `tagName eq 'NAME' and tagValue eq 'VALUE'`.
fn list(state: &State, asked: &Asked, group: &str) -> Answer {
    let filter = asked.query("$filter");
    let tag =
        filter.strip_prefix("tagName eq '").and_then(|rest| rest.strip_suffix('\'')?.split_once("' and tagValue eq '"));
    if tag.is_none() && !filter.is_empty() {
        return Answer::not_implemented(asked);
    }
    let chosen = |resource: &&Value| {
        tag.is_none_or(|(name, value)| at(resource, "/tags").get(name).is_some_and(|tag| tag == value))
    };
    Answer::ok(json!({ "value": state.in_group(group).filter(chosen).collect::<Vec<_>>() }))
}

/// The role assignments on a resource, but not those above or below it.
fn assignments(state: &State, asked: &Asked, scope: &str) -> Answer {
    if asked.query("$filter") != "atScope()" {
        return Answer::not_implemented(asked);
    }
    let here = |assignment: &&Value| text(assignment, "/properties/scope").eq_ignore_ascii_case(scope);
    Answer::ok(json!({ "value": state.assignments.iter().filter(here).collect::<Vec<_>>() }))
}

/// With `force` it cannot be recovered.
fn delete_workspace(state: &mut State, asked: &Asked, id: &str) -> Answer {
    if asked.query("force") != "true" {
        return Answer::not_implemented(asked);
    }
    match state.resources.remove(id) {
        Some(_) => Answer::ok(Value::Null),
        None => Answer::of(StatusCode::NO_CONTENT, Value::Null),
    }
}

/// Removes a soft-deleted API Management service for good.
pub(super) fn purge_service(state: &mut State, location: &str, name: &str) -> Answer {
    let ends = format!("/providers/microsoft.apimanagement/service/{name}");
    let found = state.soft_deleted.keys().find(|id| id.to_lowercase().ends_with(&ends)).cloned();
    let Some(id) = found else {
        return Answer::not_found("ServiceNotFound", format!("Api service does not exist: {name} in {location}"));
    };
    state.soft_deleted.remove(&id);
    accepted(state)
}

/// The resource with the properties that Azure adds.
pub(super) fn shown(resource: &Value) -> Value {
    let mut shown = resource.clone();
    let name = text(resource, "/name");
    let added = match text(resource, "/type") {
        "Microsoft.Web/sites" => site(name),
        "Microsoft.ApiManagement/service" => json!({ "gatewayUrl": format!("https://{name}.azure-api.net") }),
        "Microsoft.KeyVault/vaults" => {
            json!({ "vaultUri": format!("https://{name}.vault.azure.net/"), "enableSoftDelete": true })
        }
        _ => json!({}),
    };
    if let Some(properties) = shown.get_mut("properties") {
        merge(properties, added);
    }
    shown
}

fn site(name: &str) -> Value {
    let (origin, repository) = (format!("{name}.azurewebsites.net"), format!("{name}.scm.azurewebsites.net"));
    json!({
        "state": "Running", "sku": "FlexConsumption", "defaultHostName": origin, "hostNames": [origin],
        "enabledHostNames": [origin, repository],
        "hostNameSslStates": [
            { "name": origin, "hostType": "Standard", "sslState": "Disabled" },
            { "name": repository, "hostType": "Repository", "sslState": "Disabled" },
        ],
    })
}
