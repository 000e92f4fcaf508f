//! Tools of 2026-07-28 that keep a state between rounds. The client holds it, so it is sealed, for this tool and this
//! principal alone; a state that was changed is an error.

use std::future::ready;

use authorization_server::resource::authenticate::Principal;
use futures_util::FutureExt as _;
use rmcp::{ErrorData, model::SealOptions};
use serde_json::{Value, json};

use super::{Call, Fixture, Outcome, no_arguments, text};
use crate::input::{accepted, form, listed_roots, required, roots, sampled, sampling};

pub(super) const TOOLS: &[Fixture] = &[
    Fixture {
        name: "test_input_required_result_request_state",
        description: "Asks for a confirmation, and checks the state that comes back.",
        input_schema: no_arguments,
        call: |call| ready(confirmed(&call)).boxed(),
    },
    Fixture {
        name: "test_input_required_result_tampered_state",
        description: "Asks for a confirmation, and refuses a state that was changed.",
        input_schema: no_arguments,
        call: |call| ready(confirmed(&call)).boxed(),
    },
    Fixture {
        name: "test_input_required_result_multiple_inputs",
        description: "Asks the user, the client's model and the client at once.",
        input_schema: no_arguments,
        call: |call| ready(all_at_once(&call)).boxed(),
    },
    Fixture {
        name: "test_input_required_result_multi_round",
        description: "Asks for a name, and then for a color.",
        input_schema: no_arguments,
        call: |call| ready(in_two_rounds(&call)).boxed(),
    },
];

fn confirmed(call: &Call) -> Outcome {
    match (opened(call)?, accepted(call.responses(), "confirm", "ok")) {
        (Some(_), Some(ok)) => text(format!("state-ok, and the answer is {ok}")),
        _ => asked(call, json!({ "confirm": form("Please confirm", "ok", "boolean") }), &json!("confirm")),
    }
}

fn all_at_once(call: &Call) -> Outcome {
    let responses = call.responses();
    let name = accepted(responses, "user_name", "name");
    let answers = (opened(call)?, name, sampled(responses, "greeting"), listed_roots(responses, "client_roots"));
    if let (Some(_), Some(name), Some(greeting), Some(roots)) = answers {
        return text(format!("{greeting} {name}, with the roots {}", roots.join(", ")));
    }
    let requests = json!({
        "user_name": form("What is your name?", "name", "string"),
        "greeting": sampling("Generate a greeting", 50),
        "client_roots": roots(),
    });
    asked(call, requests, &json!("all"))
}

fn in_two_rounds(call: &Call) -> Outcome {
    let answer = |step: &str, member: &str| accepted(call.responses(), step, member);
    // The state of the second round is "step1", that of the third is the answer of the second.
    match (opened(call)?, answer("step1", "name"), answer("step2", "color")) {
        (Some(state), Some(name), _) if state == "step1" => {
            let color = form("Step 2: What is your favorite color?", "color", "string");
            asked(call, json!({ "step2": color }), &json!({ "name": name }))
        }
        (Some(state), _, Some(color)) if state != "step1" => text(format!("{state} likes {color}.")),
        _ => {
            let name = form("Step 1: What is your name?", "name", "string");
            asked(call, json!({ "step1": name }), &json!("step1"))
        }
    }
}

/// An `InputRequiredResult` with a state.
fn asked(call: &Call, requests: Value, state: &Value) -> Outcome {
    let bound_to = bound_to(call)?;
    let sealed = call.states.seal_json_with(state, &SealOptions::new().associated_data(bound_to.as_bytes()));
    let sealed = sealed.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    Ok(required(requests, Some(sealed))?.into())
}

/// The state that came back; `None` in the first round.
fn opened(call: &Call) -> Result<Option<Value>, ErrorData> {
    let Some(sealed) = &call.request.request_state else { return Ok(None) };
    let state = call.states.open_json_with(sealed, bound_to(call)?.as_bytes());
    state.map(Some).map_err(|error| ErrorData::invalid_params(error.to_string(), None))
}

fn bound_to(call: &Call) -> Result<String, ErrorData> {
    let principal = call.context.extensions.get::<Principal>();
    let principal = principal.ok_or_else(|| ErrorData::internal_error("the request has no principal", None))?;
    Ok(format!("{:?} {}", principal.holder(), call.request.name))
}
