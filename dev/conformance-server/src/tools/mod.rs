//! The tools of the suite, in groups, a file each.

mod asking;
mod content;
mod input_required;
mod notifying;
mod rounds;
mod schemas;
mod stateless;

use std::{future::ready, sync::Arc};

use futures_util::{FutureExt as _, future::BoxFuture};
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResponse, CallToolResult, InputResponses, RequestStateCodec, Tool},
    service::RequestContext,
};
use serde_json::{Value, json};

use crate::json::{from_json, result};

/// A result, a request for input, or an error of the protocol.
pub(crate) type Outcome = Result<CallToolResponse, ErrorData>;
/// The outcome of a call, once it is there.
pub(crate) type Answer = BoxFuture<'static, Outcome>;

/// A tool.
pub(crate) struct Fixture {
    name: &'static str,
    description: &'static str,
    input_schema: fn() -> Value,
    pub(crate) call: fn(Call) -> Answer,
}

/// A call of a tool.
pub(crate) struct Call {
    pub(crate) request: CallToolRequestParams,
    pub(crate) context: RequestContext<RoleServer>,
    /// Protects `requestState`.
    pub(crate) states: Arc<RequestStateCodec>,
}

/// All tools, in the order of `tools/list`. The suite calls the first one without arguments.
pub(crate) fn all() -> impl Iterator<Item = &'static Fixture> {
    [
        content::TOOLS,
        notifying::TOOLS,
        schemas::TOOLS,
        asking::TOOLS,
        input_required::TOOLS,
        rounds::TOOLS,
        stateless::TOOLS,
    ]
    .into_iter()
    .flatten()
}

/// Whether the answer is all that this tool sends its client.
pub(crate) fn only_answers(name: &str) -> bool {
    [content::TOOLS, schemas::TOOLS, input_required::TOOLS, rounds::TOOLS]
        .into_iter()
        .flatten()
        .any(|tool| tool.name == name)
}

/// The tool of this name.
pub(crate) fn find(name: &str) -> Option<&'static Fixture> {
    all().find(|tool| tool.name == name)
}

impl Fixture {
    /// Its entry in `tools/list`.
    pub(crate) fn entry(&self) -> Result<Tool, ErrorData> {
        let Self { name, description, input_schema, .. } = self;
        from_json(json!({ "name": name, "description": description, "inputSchema": input_schema() }))
    }
}

impl Call {
    /// A text among the arguments.
    fn text(&self, name: &str) -> Result<String, ErrorData> {
        let value = self.request.arguments.as_ref().and_then(|given| given.get(name)).and_then(Value::as_str);
        let missing = || ErrorData::invalid_params(format!("the argument {name} is missing, or no text"), None);
        value.map(str::to_owned).ok_or_else(missing)
    }

    /// The client's responses to an `InputRequiredResult`.
    fn responses(&self) -> Option<&InputResponses> {
        self.request.input_responses.as_ref()
    }
}

/// The schema of a tool without arguments.
fn no_arguments() -> Value {
    json!({ "type": "object", "properties": {}, "additionalProperties": false })
}

/// The schema of a tool with one text, which it needs.
fn one_text(name: &str, description: &str) -> Value {
    let properties = json!({ name: { "type": "string", "description": description } });
    json!({ "type": "object", "properties": properties, "required": [name] })
}

/// A result that is always the same.
fn always(members: Value) -> Answer {
    ready(complete(members)).boxed()
}

fn complete(members: Value) -> Outcome {
    result::<CallToolResult>(members).map(Into::into)
}

/// A result of one text.
fn text(text: impl Into<String>) -> Outcome {
    complete(json!({ "content": [{ "type": "text", "text": text.into() }] }))
}
