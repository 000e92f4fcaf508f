//! Tools of 2026-07-28 that ask in one round, without a state: an `InputRequiredResult` until all is answered.

use std::future::ready;

use futures_util::FutureExt as _;
use serde_json::{Map, Value, json};

use super::{Call, Fixture, Outcome, no_arguments, text};
use crate::input::{accepted, form, listed_roots, required, roots, sampled, sampling};

pub(super) const TOOLS: &[Fixture] = &[
    Fixture {
        name: "test_input_required_result_elicitation",
        description: "Asks the user for a name.",
        input_schema: no_arguments,
        call: |call| ready(name(&call)).boxed(),
    },
    Fixture {
        name: "test_input_required_result_sampling",
        description: "Asks the client's model for a capital.",
        input_schema: no_arguments,
        call: |call| ready(capital(&call)).boxed(),
    },
    Fixture {
        name: "test_input_required_result_list_roots",
        description: "Asks the client for its roots.",
        input_schema: no_arguments,
        call: |call| ready(client_roots(&call)).boxed(),
    },
    Fixture {
        name: "test_input_required_result_capabilities",
        description: "Asks the client only what it says that it can answer.",
        input_schema: no_arguments,
        call: |call| ready(by_capabilities(&call)).boxed(),
    },
];

fn name(call: &Call) -> Outcome {
    let name = accepted(call.responses(), "user_name", "name");
    let Some(name) = name.as_ref().and_then(Value::as_str) else {
        return asked(json!({ "user_name": form("What is your name?", "name", "string") }));
    };
    text(format!("Hello, {name}!"))
}

fn capital(call: &Call) -> Outcome {
    let Some(answer) = sampled(call.responses(), "capital_question") else {
        return asked(json!({ "capital_question": sampling("What is the capital of France?", 100) }));
    };
    text(answer)
}

fn client_roots(call: &Call) -> Outcome {
    let Some(names) = listed_roots(call.responses(), "client_roots") else {
        return asked(json!({ "client_roots": roots() }));
    };
    text(format!("The roots: {}", names.join(", ")))
}

fn asked(requests: Value) -> Outcome {
    Ok(required(requests, None)?.into())
}

fn by_capabilities(call: &Call) -> Outcome {
    let can = call.context.client_capabilities().unwrap_or_default();
    let requests = [
        (can.elicitation.is_some(), "user_name", form("What is your name?", "name", "string")),
        (can.sampling.is_some(), "greeting", sampling("Generate a greeting", 50)),
        (can.roots.is_some(), "client_roots", roots()),
    ];
    let possible = requests.into_iter().filter(|(possible, ..)| *possible);
    let requests: Map<_, _> = possible.map(|(_, name, request)| (name.to_owned(), request)).collect();
    let is_answered = |name: &String| call.responses().is_some_and(|responses| responses.contains_key(name));
    if requests.keys().all(is_answered) {
        return text("Everything that the client can answer is answered.");
    }
    asked(requests.into())
}
