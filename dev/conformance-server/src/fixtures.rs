//! The fixtures as one MCP server.
#![expect(deprecated, reason = "revisions before 2026-07-28 have logging/setLevel, and subscriptions to resources")]

use std::sync::Arc;

use remote_auth_mcp::mcp::McpService;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, ClientRequest, CompleteRequestParams, CompleteResult, DiscoverResult,
        GetPromptRequestParams, GetPromptResponse, Implementation, JsonObject, ListPromptsResult,
        ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, RequestStateCodec, RequestStateError, ServerCapabilities,
        ServerConfig, SetLevelRequestParams, SubscribeRequestParams, UnsubscribeRequestParams,
    },
    service::RequestContext,
};

use crate::{
    completion, prompts, resources,
    tools::{self, Call},
};

type Context = RequestContext<RoleServer>;

/// By which way Streamable HTTP serves the requests whose clients are sent nothing but the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Without rmcp's service loop, as the product does with `tools/list` and `tools/call`.
    Direct,
    /// By the service loop, as all other requests.
    ServiceLoop,
}

/// The server of all fixtures.
#[derive(Clone)]
pub(crate) struct Fixtures {
    states: Arc<RequestStateCodec>,
    way: Way,
}

impl Fixtures {
    /// A server that protects the `requestState` of its results with this key.
    pub(crate) fn new(key: &[u8], way: Way) -> Result<Self, RequestStateError> {
        Ok(Self { states: Arc::new(RequestStateCodec::try_new(key)?), way })
    }
}

impl McpService for Fixtures {
    fn input_schema(&self, tool: &str) -> Option<Arc<JsonObject>> {
        Some(tools::find(tool)?.entry().ok()?.input_schema)
    }

    fn only_answers(&self, request: &ClientRequest) -> bool {
        let answers = match request {
            ClientRequest::CallToolRequest(call) => tools::only_answers(&call.params.name),
            ClientRequest::ListToolsRequest(_) => true,
            _ => false,
        };
        answers && self.way == Way::Direct
    }
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities::builder()
        .enable_completions()
        .enable_logging()
        .enable_prompts()
        .enable_resources()
        .enable_resources_subscribe()
        .enable_tools()
        .build()
}

impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        let implementation = Implementation::new("conformance-server", env!("CARGO_PKG_VERSION"));
        ServerConfig::new(capabilities()).with_server_info(implementation)
    }

    /// Nothing here changes, so there is nothing to listen to: 2026-07-28 replaced subscriptions by `subscriptions/listen`.
    async fn discover(&self, _: Context) -> Result<DiscoverResult, ErrorData> {
        let mut info = self.get_info();
        if let Some(resources) = &mut info.capabilities.resources {
            resources.subscribe = None;
        }
        let versions = ServerHandler::supported_protocol_versions(self).into_owned();
        Ok(DiscoverResult::from_server_info(versions, info))
    }

    async fn list_tools(&self, _: Option<PaginatedRequestParams>, _: Context) -> Result<ListToolsResult, ErrorData> {
        let entries: Result<_, _> = tools::all().map(tools::Fixture::entry).collect();
        Ok(ListToolsResult::with_all_items(entries?))
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Result<CallToolResponse, ErrorData> {
        let tool = tools::find(&request.name).ok_or_else(|| ErrorData::invalid_params("Unknown tool", None))?;
        (tool.call)(Call { request, context, states: Arc::clone(&self.states) }).await
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        prompts::list()
    }

    async fn get_prompt(&self, request: GetPromptRequestParams, _: Context) -> Result<GetPromptResponse, ErrorData> {
        prompts::get(&request)
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        resources::list()
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        resources::templates()
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        resources::read(&request.uri).map(Into::into)
    }

    async fn subscribe(&self, request: SubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        resources::read(&request.uri).map(drop)
    }

    async fn unsubscribe(&self, request: UnsubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        resources::read(&request.uri).map(drop)
    }

    async fn complete(&self, request: CompleteRequestParams, _: Context) -> Result<CompleteResult, ErrorData> {
        completion::complete(&request.argument)
    }

    /// Without a session a level holds for no later request.
    async fn set_level(&self, _: SetLevelRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }
}
