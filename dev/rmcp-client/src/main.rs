//! rmcp's client with its OAuth support, as an application uses it: discover, register, open a browser, take the redirect,
//! list the tools and call one. It prints what it got as one JSON line.

use std::error::Error;
use std::process::Stdio;

use clap::Parser;
use driver::redirect::RedirectListener;
use rmcp::model::CallToolRequestParams;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::auth::{AuthClient, AuthorizationManager, AuthorizationRequest, OAuthState};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{RoleClient, ServiceExt as _, service::RunningService};
use serde_json::{Value, json};
use tokio::process::Command;

/// Signs in to an MCP server over Streamable HTTP and calls a tool without arguments.
#[derive(Debug, Parser)]
struct Args {
    /// The server's URL.
    url: String,
    /// The tool to call.
    tool: String,
    /// The program that is given the authorization URL.
    browser: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let client = connect(&args.url, authorize(&args).await?).await?;
    println!("{}", journey(&client, args.tool).await?);
    client.cancel().await?;
    Ok(())
}

async fn authorize(args: &Args) -> Result<AuthorizationManager, Box<dyn Error>> {
    let mut listener = RedirectListener::bind().await?;
    let mut state = OAuthState::new(&args.url, None).await?;
    state.start_authorization(AuthorizationRequest::new(listener.uri()).with_client_name("rmcp")).await?;
    Command::new(&args.browser).arg(state.get_authorization_url().await?).stdout(Stdio::null()).status().await?;
    state.handle_callback_url(listener.redirect().await?.as_str()).await?;
    state.into_authorization_manager().ok_or_else(|| "not authorized".into())
}

async fn connect(
    url: &str,
    authorization: AuthorizationManager,
) -> Result<RunningService<RoleClient, ()>, Box<dyn Error>> {
    let client = AuthClient::new(reqwest::Client::new(), authorization);
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    Ok(().serve(StreamableHttpClientTransport::with_client(client, config)).await?)
}

async fn journey(client: &RunningService<RoleClient, ()>, tool: String) -> Result<Value, Box<dyn Error>> {
    let tools = client.list_all_tools().await?;
    let result = client.call_tool(CallToolRequestParams::new(tool)).await?;
    let revision = client.peer_info().map(|server| server.protocol_version.to_string());
    Ok(json!({
        "revision": revision,
        "tools": tools.iter().map(|tool| &tool.name).collect::<Vec<_>>(),
        "details": result.structured_content,
    }))
}
