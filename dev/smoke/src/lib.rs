//! Tries a deployed server from outside: a line for each fact that no test without an Azure subscription can show, such as
//! what API Management, the front end and the Functions host in front of the handler let through.
//!
//! Nothing is changed but that a client is registered; a sign-in also makes a grant, which is revoked at the end. It shares
//! no code with the product.

mod client;
mod facts;
mod report;
mod server;

use std::time::Duration;

use driver::{oauth::AuthorizationRequest, redirect::RedirectListener};
use url::Url;

use client::Tokens;
pub use report::{Line, Outcome, Report};
use server::Server;

/// The checks to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where clients reach the server: an origin.
    pub url: Url,
    /// The function app's own origin, behind the gateway.
    pub function_host: Option<Url>,
    /// How long it may take until the server is healthy.
    pub wait: Duration,
    /// How long a person may take to sign in; None: nobody signs in, and what needs a token is skipped.
    pub sign_in: Option<Duration>,
    /// How long the stream must stay open. A proxy in front of the handler cuts silent ones after four
    /// minutes.
    pub stream: Duration,
    /// Whether to run into the limit for this machine's address, after which it has to wait a minute.
    pub address_limit: bool,
}

impl Options {
    /// Without each of these, some facts are skipped.
    pub(crate) fn flags_not_given(&self) -> Vec<&'static str> {
        let flags = [
            ("--function-host ORIGIN", self.function_host.is_some()),
            ("--sign-in", self.sign_in.is_some()),
            ("--address-limit", self.address_limit),
        ];
        flags.into_iter().filter_map(|(flag, given)| (!given).then_some(flag)).collect()
    }
}

/// Events to report while the checks run.
#[derive(Debug)]
pub enum News<'a> {
    /// One fact is decided.
    Line(&'a Line),
    /// Somebody has to open this in a browser on this machine.
    SignIn(&'a str),
}

/// Facts that need a person.
const SIGNED_IN: [&str; 7] = ["registration", "sign-in", "token", "exchange", "sse", "stream", "revocation"];
/// Facts that need an access token.
const WITH_TOKEN: [&str; 4] = ["exchange", "sse", "stream", "revocation"];

/// Facts that need the limit of one address to be reached.
const LIMITED: [&str; 2] = ["address-limit", "429"];

/// Tries everything, in an order in which a fact that explains another comes first.
pub async fn run<'a>(options: &Options, tell: &'a (dyn Fn(News<'_>) + Sync)) -> Report<'a> {
    let server = Server::new(&options.url);
    let mut report = Report::new(tell);
    report.fact("runtime", facts::open::runtime(&server, options.wait).await);
    report.fact("addresses", facts::open::addresses(&server).await);
    report.fact("methods", facts::open::methods(&server).await);
    report.fact("OPTIONS", facts::open::preflight(&server).await);
    report.fact("401", facts::open::challenge(&server).await);
    report.fact("pages", facts::pages::of_our_own(&server).await);
    match &options.function_host {
        Some(host) => report.add("gateway-only", facts::gateway::only(&Server::new(host)).await),
        None => report.skip("gateway-only", "--function-host is not given"),
    }
    match options.sign_in {
        Some(within) => signed_in(&server, within, options.stream, &mut report).await,
        None => report.skip_all(&SIGNED_IN, "--sign-in is not given"),
    }
    if options.address_limit {
        address_limit(&server, &mut report).await;
    } else {
        let reason = "--address-limit is not given; it would block this machine for a while";
        report.skip_all(&LIMITED, reason);
    }
    report
}

async fn address_limit(server: &Server, report: &mut Report<'_>) {
    match facts::gateway::flood(server).await {
        Ok((asked, answer)) => {
            report.fact("address-limit", facts::gateway::address_limit(server, asked).await);
            report.fact("429", facts::gateway::too_many(&answer));
        }
        Err(reason) => {
            report.fact("address-limit", Err(reason));
            report.skip("429", "no request was refused with 429");
        }
    }
}

async fn signed_in(server: &Server, within: Duration, stream: Duration, report: &mut Report<'_>) {
    let Some(tokens) = tokens(server, within, report).await else {
        report.skip_all(&WITH_TOKEN, "there is no access token");
        return;
    };
    report.fact("exchange", facts::tool::exchange(server, &tokens).await);
    match facts::stream::open(server, &tokens).await {
        Ok(mut open) => {
            report.fact("sse", open.call_tool(server, &tokens).await);
            report.fact("stream", open.hold(stream).await);
        }
        Err(reason) => {
            report.fact("sse", Err(reason));
            report.skip("stream", "the stream was not opened");
        }
    }
    report.fact("revocation", client::revoke(server, &tokens).await);
}

async fn tokens(server: &Server, within: Duration, report: &mut Report<'_>) -> Option<Tokens> {
    let listener = RedirectListener::bind().await.map_err(|error| format!("could not open a port: {error}"));
    let registered = match &listener {
        Ok(listener) => client::register(server, &listener.uri()).await,
        Err(reason) => Err(reason.clone()),
    };
    let client_id = report.step("registration", registered, "POST /register is 201")?;
    let listener = listener.ok()?;
    let request = AuthorizationRequest::new(server.url("/authorize"), server.base(), &client_id, &listener.uri());
    report.tell(News::SignIn(request.url.as_str()));
    let code = client::code(&request, listener, within).await;
    let code = report.step("sign-in", code, "the code came back with state and iss")?;
    let tokens = client::redeem(server, &request.redemption(&code), client_id).await;
    report.step("token", tokens, "POST /token is 200")
}
