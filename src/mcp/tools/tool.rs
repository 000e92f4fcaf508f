//! A tool: everything that the server, its clients and their users know of it.

use std::sync::{Arc, Mutex, PoisonError};

use authorization_server::{
    ground::{AuditLog, Clock, OperationalEvent},
    resource::{authenticate::Principal, roles::CallerRoles},
    state::{roles::AppRole, scopes::Permission},
};
use futures_util::{FutureExt as _, future::BoxFuture};
use rmcp::model::{self, CallToolResult, JsonObject, ToolAnnotations};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::{
    arguments,
    outcome::{ToolError, failure, no_result, result},
    progress::Progress,
    schema,
};
use crate::{
    budget::Permit,
    graph::{Answer, ApiClient, Request},
};

/// A tool that reads something as its caller. It is in one file, and in one line of [`super::Tools::all`].
pub trait Tool: 'static {
    /// The name by which clients call it.
    const NAME: &'static str;
    /// The name that people see.
    const TITLE: &'static str;
    /// A description for the model, in sentences.
    const DESCRIPTION: &'static str;
    /// The rows of the scope table that a caller needs.
    const PERMISSIONS: &'static [&'static Permission];
    /// The app role of Entra ID that a caller needs beside them, if any.
    const ROLE: Option<&'static AppRole> = None;
    /// The arguments. Their schema and their limits are those of the type.
    type Arguments: DeserializeOwned + JsonSchema + Send;
    /// The result.
    type Output: Serialize + JsonSchema;

    /// Calls it.
    fn call(
        caller: Caller<'_>,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Result<Self::Output, ToolError>> + Send;

    /// The hints by which clients decide whether to ask their users before a call ("Tool Annotations" of MCP). Unless a tool says
    /// otherwise, it changes nothing, as a [`Caller`] can only read, and it reads what others wrote.
    #[must_use]
    fn annotations() -> ToolAnnotations {
        ToolAnnotations::new().read_only(true).open_world(true)
    }

    /// The result as JSON. A tool whose result is JSON already need not copy it.
    fn encode(output: Self::Output) -> serde_json::Result<Value> {
        serde_json::to_value(output)
    }
}

/// The ports of the tools.
#[derive(Clone)]
pub struct ToolPorts {
    /// Microsoft Graph, and other APIs.
    pub apis: Arc<ApiClient>,
    /// The roles of callers.
    pub roles: Arc<dyn CallerRoles>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where a refused call is reported.
    pub audit: Arc<dyn AuditLog>,
}

/// A call: who calls, and what tools need.
#[derive(Clone, Copy)]
pub(in crate::mcp) struct ToolCall<'a> {
    pub(in crate::mcp) ports: &'a ToolPorts,
    pub(in crate::mcp) principal: &'a Principal,
    pub(in crate::mcp) progress: &'a Progress,
}

/// The caller of a tool, in whose name it acts.
#[derive(Clone, Copy)]
pub struct Caller<'a> {
    call: ToolCall<'a>,
    /// The permissions of the tool.
    permissions: &'static [&'static Permission],
    /// The memory for the answers of APIs. Their bytes count until the call is over, because its result may have all of them.
    answers: &'a Mutex<Vec<Permit>>,
}

impl Caller<'_> {
    /// The answer of an API to the caller, with the tool's permissions.
    pub async fn get(self, request: &Request) -> Result<Value, ToolError> {
        let (value, memory) = self.answer(request).await?.into_parts();
        self.keep(memory);
        Ok(value)
    }

    /// The answer of an API, read into a type.
    pub async fn get_as<T: DeserializeOwned>(self, request: &Request) -> Result<T, ToolError> {
        let read = self.answer(request).await?.read_as();
        let (read, memory) = read.map_err(|error| ToolError::Api(request.api(), error))?;
        self.keep(memory);
        Ok(read)
    }

    async fn answer(self, request: &Request) -> Result<Answer, ToolError> {
        let answer = self.call.ports.apis.get(self.call.principal, self.permissions, request).await;
        answer.map_err(|error| ToolError::Api(request.api(), error))
    }

    fn keep(self, memory: Permit) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
    }

    /// The time.
    #[must_use]
    pub fn now(self) -> OffsetDateTime {
        self.call.ports.clock.now()
    }

    /// Tells the caller that so much of so much is done.
    pub async fn report(self, done: u32, total: u32, message: String) {
        self.call.progress.report(done, total, message).await;
    }
}

/// A tool that is served.
#[derive(Clone)]
pub(super) struct ServedTool {
    /// Its entry in `tools/list`.
    pub(super) entry: model::Tool,
    /// The rows of the scope table that a caller needs.
    pub(super) permissions: &'static [&'static Permission],
    /// The role that a caller needs.
    pub(super) role: Option<&'static AppRole>,
    run: for<'a> fn(Caller<'a>, JsonObject) -> BoxFuture<'a, CallToolResult>,
}

impl ServedTool {
    /// Serves a tool.
    pub(super) fn new<T: Tool>() -> Self {
        let (entry, permissions, role) = (entry::<T>(), T::PERMISSIONS, T::ROLE);
        Self { entry, permissions, role, run: |caller, given| run::<T>(caller, given).boxed() }
    }

    /// The same, for those with this role, if there is one.
    pub(super) fn with_role(self, role: Option<&'static AppRole>) -> Self {
        Self { role: role.or(self.role), ..self }
    }

    /// Calls it. Arguments that it does not accept are an error of the tool, which the model can mend.
    pub(super) async fn call(&self, call: ToolCall<'_>, given: JsonObject) -> CallToolResult {
        let (began, principal, answers) = (Instant::now(), call.principal, Mutex::default());
        let result = (self.run)(Caller { call, permissions: self.permissions, answers: &answers }, given).await;
        let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (event, tool) = (OperationalEvent::ToolCalled.as_str(), &*self.entry.name);
        let outcome = if result.is_error == Some(true) { "error" } else { "answered" };
        let (grant, client) = (principal.holder().grant.map(tracing::field::display), principal.client);
        tracing::info!(event, tool, outcome, milliseconds, grant, %client, "tool called");
        result
    }
}

async fn run<T: Tool>(caller: Caller<'_>, given: JsonObject) -> CallToolResult {
    match read_and_call::<T>(caller, given).await.map(T::encode) {
        Ok(Ok(value)) => result(value),
        Ok(Err(_)) => failure("The result cannot be written as JSON."),
        Err(error) => no_result(&error),
    }
}

async fn read_and_call<T: Tool>(caller: Caller<'_>, given: JsonObject) -> Result<T::Output, ToolError> {
    T::call(caller, arguments::read(given).map_err(ToolError::Arguments)?).await
}

fn entry<T: Tool>() -> model::Tool {
    let mut annotations = T::annotations();
    annotations.title = Some(T::TITLE.to_owned());
    model::Tool::new(T::NAME, T::DESCRIPTION, Arc::new(schema::of::<T::Arguments>()))
        .with_title(T::TITLE)
        .with_raw_output_schema(Arc::new(schema::of::<T::Output>()))
        .with_annotations(annotations)
}

#[cfg(test)]
mod tests {
    use super::{super::arguments::NoArguments, *};

    /// It reads a world that is closed.
    struct Closed;

    impl Tool for Closed {
        const NAME: &'static str = "closed";
        const TITLE: &'static str = "Closed";
        const DESCRIPTION: &'static str = "It is never called.";
        const PERMISSIONS: &'static [&'static Permission] = &[];
        type Arguments = NoArguments;
        type Output = Vec<u8>;

        async fn call(_: Caller<'_>, NoArguments {}: NoArguments) -> Result<Vec<u8>, ToolError> {
            Ok(Vec::new())
        }

        fn annotations() -> ToolAnnotations {
            ToolAnnotations::new().read_only(true).open_world(false)
        }
    }

    #[test]
    fn a_tool_has_hints_of_its_own() {
        let expected = ToolAnnotations::with_title("Closed").read_only(true).open_world(false);
        assert_eq!(entry::<Closed>().annotations, Some(expected));
    }
}
