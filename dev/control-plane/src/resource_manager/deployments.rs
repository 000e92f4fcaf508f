//! Deployments at the scope of the subscription.

use axum::http::header::{HeaderName, RETRY_AFTER};
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use stand_in::random;

use super::HOST;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::expression;
use crate::json::{at, parameter_values, text};
use crate::plan::Deployment;
use crate::state::State;
use crate::template;

const ASYNC_OPERATION: HeaderName = HeaderName::from_static("azure-asyncoperation");

/// `rest` is what follows `deployments`.
pub(super) fn answer(state: &mut State, asked: &Asked, rest: &[&str]) -> Answer {
    match (&asked.method, rest) {
        (&Method::GET, []) => {
            Answer::ok(json!({ "value": state.deployments.iter().rev().map(|(_, entry)| entry).collect::<Vec<_>>() }))
        }
        (&Method::GET, [name]) => entry(state, name).map_or_else(|| not_found(name), Answer::ok),
        (&Method::PUT, [name]) => create(state, asked, name),
        (&Method::POST, [name, "validate"]) => validate(state, asked, name),
        (&Method::GET, [name, "operations"]) if state.deployment(name).is_some() => Answer::ok(json!({ "value": [] })),
        (&Method::GET, [name, "operationStatuses", _]) => status(state, name),
        _ => Answer::not_implemented(asked),
    }
}

fn entry(state: &State, name: &str) -> Option<Value> {
    state.deployment(name).cloned()
}

fn not_found(name: &str) -> Answer {
    Answer::not_found("DeploymentNotFound", format!("Deployment '{name}' could not be found."))
}

/// The deployment that a request asks for.
struct Requested {
    location: String,
    tags: Value,
    /// Those that are not left at their defaults.
    parameters: Map<String, Value>,
    /// Without resources, as azd deploys it to say that an environment is gone.
    is_empty: bool,
}

fn requested(asked: &Asked) -> Result<Requested, Answer> {
    let invalid = |code: &str, message: String| Answer::error(StatusCode::BAD_REQUEST, code, message);
    let body: Value = serde_json::from_slice(&asked.body)
        .map_err(|error| invalid("InvalidRequestContent", format!("The request content was invalid: {error}")))?;
    let Some(location) = Some(text(&body, "/location")).filter(|location| !location.is_empty()) else {
        return Err(invalid("LocationRequired", "The location property is required for this deployment.".to_owned()));
    };
    if text(&body, "/properties/mode") != "Incremental" {
        return Err(invalid("InvalidDeploymentMode", "The mode must be Incremental at this scope.".to_owned()));
    }
    let template = at(&body, "/properties/template");
    let mut parameters = parameter_values(at(&body, "/properties/parameters"));
    if let Some(refusal) = template::refusal(template, &parameters) {
        return Err(invalid("InvalidTemplate", format!("Deployment template validation failed: '{refusal}'")));
    }
    parameters.retain(|name, value| {
        at(template, "/parameters").get(name).and_then(|parameter| parameter.get("defaultValue")) != Some(value)
    });
    let resources = at(template, "/resources");
    let is_empty = resources.as_array().is_some_and(Vec::is_empty);
    Ok(Requested { location: location.to_owned(), tags: at(&body, "/tags").clone(), parameters, is_empty })
}

fn known(state: &State, requested: &Requested) -> Result<Option<Deployment>, Answer> {
    if requested.is_empty {
        return Ok(None);
    }
    let known = state.known.iter().find(|deployment| deployment.parameters == requested.parameters);
    known.cloned().map(Some).ok_or_else(|| {
        let message = format!("nobody evaluated a deployment with {}", Value::Object(requested.parameters.clone()));
        Answer::error(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    })
}

fn validate(state: &State, asked: &Asked, name: &str) -> Answer {
    let found = requested(asked).and_then(|requested| known(state, &requested));
    found.map_or_else(
        |refusal| refusal,
        |_| Answer::ok(json!({ "name": name, "properties": { "provisioningState": "Succeeded" } })),
    )
}

/// 201, and `Running` until the client asks how it goes.
fn create(state: &mut State, asked: &Asked, name: &str) -> Answer {
    let found = requested(asked).and_then(|requested| Ok((known(state, &requested)?, requested)));
    let (known, requested) = match found {
        Ok(found) => found,
        Err(refusal) => return refusal,
    };
    let (outputs, made) = match known.map(|known| make(state, known)).transpose() {
        Ok(made) => made.unwrap_or_default(),
        Err(refusal) => return refusal,
    };
    let id = format!("/subscriptions/{}/providers/Microsoft.Resources/deployments/{name}", state.subscription);
    let references: Vec<Value> = made.into_iter().map(|id| json!({ "id": id })).collect();
    let entry = json!({
        "id": id, "name": name, "type": "Microsoft.Resources/deployments",
        "location": requested.location, "tags": requested.tags,
        "properties": {
            "provisioningState": "Running", "mode": "Incremental", "timestamp": state.tokens.timestamp(0), "duration": "PT1S",
            "correlationId": random::uuid(), "templateHash": "1", "dependencies": [],
            "parameters": requested.parameters, "outputs": outputs, "outputResources": references,
        },
    });
    state.deployments.push((name.to_owned(), entry.clone()));
    let operation = format!("https://{HOST}{id}/operationStatuses/{}?api-version=2021-04-01", random::uuid());
    Answer::of(StatusCode::CREATED, entry).with_header(ASYNC_OPERATION, operation).with_header(RETRY_AFTER, "1")
}

fn status(state: &mut State, name: &str) -> Answer {
    let Some((_, entry)) = state.deployments.iter_mut().find(|(there, _)| there == name) else {
        return not_found(name);
    };
    if let Some(state) = entry.pointer_mut("/properties/provisioningState") {
        *state = "Succeeded".into();
    }
    Answer::ok(json!({ "status": "Succeeded" }))
}

/// Puts a deployment's resources where they belong; its outputs with their types, and the ids of what it made.
fn make(state: &mut State, deployment: Deployment) -> Result<(Value, Vec<String>), Answer> {
    let mut made = Vec::new();
    let mut client_id = None;
    for resource in deployment.resources {
        let kind = text(&resource, "/type");
        if kind.starts_with("Microsoft.Graph/") {
            let id = state.register(kind);
            if kind.starts_with("Microsoft.Graph/applications@") {
                client_id = Some(id.to_owned());
            }
        } else if kind == "Microsoft.Authorization/roleAssignments" {
            state.assign(&resource);
        } else if let Some(id) = Some(text(&resource, "/id")).filter(|id| id.starts_with('/')) {
            made.push(id.to_owned());
            state.put(resource);
        }
    }
    let reference = |id: &str, property: &str| match (state.resource(id), property) {
        (Some(resource), _) => at(&super::resources::shown(resource), "/properties").get(property).cloned(),
        (None, "appId") => client_id.clone().map(Value::String),
        _ => None,
    };
    let mut outputs = Map::new();
    for (name, value) in &deployment.outputs {
        let Some(value) = expression::evaluate(value, &reference) else {
            let message = format!("the output {name} is {value}, which nobody can evaluate");
            return Err(Answer::error(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message));
        };
        let kind = if value.is_array() { "Array" } else { "String" };
        outputs.insert(name.clone(), json!({ "type": kind, "value": value }));
    }
    Ok((outputs.into(), made))
}
