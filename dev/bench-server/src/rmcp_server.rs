//! rmcp's own server of Streamable HTTP.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, combinators::BoxBody};
use hyper::{
    body::Incoming,
    service::{Service, service_fn},
};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::{
        StreamableHttpServerConfig, StreamableHttpService, streamable_http_server::session::never::NeverSessionManager,
    },
};
use serde_json::{Map, Value};

use crate::answers::Answers;

/// The tools of the handler. The one that is called asks Graph for the user.
#[derive(Clone)]
struct Tools {
    listed: Arc<Vec<Tool>>,
    graph: Arc<str>,
    token: Arc<str>,
    http: reqwest::Client,
}

impl ServerHandler for Tools {
    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.listed.to_vec()))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let failed = |error: reqwest::Error| ErrorData::internal_error(error.to_string(), None);
        let asked = self.http.get(&*self.graph).bearer_auth(&self.token).send().await.map_err(failed)?;
        let mut user: Map<String, Value> = asked.json().await.map_err(failed)?;
        user.insert("success".to_owned(), Value::Bool(true));
        let text = serde_json::to_string_pretty(&user).unwrap_or_default();
        let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
        result.structured_content = Some(Value::Object(user));
        Ok(result.into())
    }

    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

/// Serves those that have the token.
pub(crate) fn behind_a_bearer_check(
    answers: &Answers,
    graph: &str,
) -> impl Service<Request<Incoming>, Response = Response<BoxBody<Bytes, Infallible>>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ 'static {
    let list: Value = serde_json::from_str(&answers.list.body).unwrap_or_default();
    let listed = list.pointer("/result/tools").cloned().unwrap_or_default();
    let listed = serde_json::from_value(listed).unwrap_or_default();
    let (graph, token) = (graph.into(), answers.token.as_str().into());
    let server = Tools { listed: Arc::new(listed), graph, token, http: reqwest::Client::new() };
    let bearer: Arc<str> = format!("Bearer {}", answers.token).into();
    let mut config = StreamableHttpServerConfig::default();
    (config.legacy_session_mode, config.json_response) = (false, true);
    let served =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::new(NeverSessionManager::default()), config);
    let unauthorized = answers.unauthorized.clone();
    service_fn(move |request: Request<Incoming>| {
        let (served, bearer, unauthorized) = (served.clone(), Arc::clone(&bearer), unauthorized.clone());
        async move {
            if request.headers().get(header::AUTHORIZATION).is_none_or(|token| token.as_bytes() != bearer.as_bytes()) {
                return Ok(unauthorized.response().map(BodyExt::boxed));
            }
            Ok(served.handle(request).await)
        }
    })
}
