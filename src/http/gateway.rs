//! Whether a request came through the gateway. With a gateway every request carries the gateway's token, which takes the
//! place of the check of Host, and only then the address that the gateway names is believed.

use std::net::IpAddr;

use authorization_server::ground::{EventName, Network};
use http::{HeaderMap, HeaderName, StatusCode};
use secrecy::SecretString;
use tracing::Span;

use super::{
    app::App,
    pages::{self, ErrorPage},
    reply::{Response, json_rpc_error, mcp_unavailable, oauth_error, temporarily_unavailable},
    request::Arriving,
    too_many::ErrorFormat,
};
use crate::{
    ports::gateway::GatewayRefusal,
    telemetry::{TraceContext, request_span},
};

static AUTHORIZATION: HeaderName = HeaderName::from_static("x-gateway-authorization");
/// App Service's front end knows no such field. `X-Client-IP` and the like it overwrites with the gateway's own address.
static CLIENT_ADDRESS: HeaderName = HeaderName::from_static("x-gateway-client-address");

const PAST: &str = "this server is reached through its gateway only";

/// Whether a request came through the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ingress {
    /// There is no gateway. The other end of the connection is the Functions host, which says nothing of the caller.
    Direct,
    /// Through the gateway, from this network.
    ThroughGateway(Network),
}

impl Ingress {
    /// Where the request comes from. Without a gateway all callers count as one.
    pub(super) fn network(self) -> Network {
        match self {
            Self::Direct => Network::UNKNOWN,
            Self::ThroughGateway(network) => network,
        }
    }
}

/// The caller of a request, unless it went past the gateway.
pub(super) async fn caller(app: &App, arriving: &mut Arriving) -> Result<Ingress, GatewayRefusal> {
    let (token, address) = (arriving.take_header(&AUTHORIZATION), arriving.take_header(&CLIENT_ADDRESS));
    let Some(gateway) = &app.gateway else { return Ok(Ingress::Direct) };
    match token.as_deref().and_then(bearer) {
        Some(token) => gateway.verify(&token).await,
        None => Err(GatewayRefusal::Invalid { reason: "no bearer token", detail: None }),
    }?;
    Ok(Ingress::ThroughGateway(known_or_shared(address)))
}

/// The span of a request. Only a trace that the gateway sent is believed: past it, a caller could choose the trace of
/// another caller's request.
pub(super) fn span(app: &App, caller: Option<Ingress>, headers: &HeaderMap) -> Span {
    match caller {
        Some(Ingress::ThroughGateway(address)) => {
            let caller = app.callers.hash(address.address());
            request_span(TraceContext::of(headers), caller.as_deref())
        }
        Some(Ingress::Direct) | None => request_span(Some(app.traces.begin()), None),
    }
}

/// The answer to a request that went past the gateway. No person is told so on a page: the gateway sends nobody this way.
pub(super) fn refuse(app: &App, refusal: &GatewayRefusal, format: ErrorFormat<'_>) -> Response {
    match (refusal, format) {
        (GatewayRefusal::Invalid { .. }, ErrorFormat::JsonRpc) => json_rpc_error(StatusCode::FORBIDDEN, PAST),
        (GatewayRefusal::Invalid { .. }, ErrorFormat::OAuth | ErrorFormat::Page(_)) => {
            oauth_error(StatusCode::FORBIDDEN, "access_denied", PAST)
        }
        (GatewayRefusal::Unavailable(_), ErrorFormat::JsonRpc) => mcp_unavailable(),
        (GatewayRefusal::Unavailable(_), ErrorFormat::OAuth) => temporarily_unavailable(),
        (GatewayRefusal::Unavailable(_), ErrorFormat::Page(texts)) => {
            pages::error(app, texts, &ErrorPage::unavailable(texts))
        }
    }
}

fn bearer(header: &str) -> Option<SecretString> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim().into())
}

/// If the gateway does not name the caller, all such callers share one limit.
fn known_or_shared(address: Option<String>) -> Network {
    let address: Option<IpAddr> = address.and_then(|address| address.parse().ok());
    address.map_or(Network::UNKNOWN, Network::of)
}

/// Reports such a request. The audit log has no room for what a token says, so a line of its own names it.
pub(super) fn report(app: &App, refusal: &GatewayRefusal) {
    match refusal {
        GatewayRefusal::Invalid { reason, detail } => {
            app.audit.report(&EventName::PastTheGateway.event().because(reason));
            if let Some(detail) = detail
                && let Some(requests) = app.refusal_log.admit(reason)
            {
                tracing::warn!(reason, detail, requests, "gateway token rejected");
            }
        }
        GatewayRefusal::Unavailable(error) => {
            if let Some(requests) = app.refusal_log.admit("gateway token not verified") {
                tracing::warn!(%error, requests, "the gateway's token cannot be verified");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn the_token_follows_the_scheme_in_any_letter_case() {
        let token = |header| bearer(header).map(|token| token.expose_secret().to_owned());
        assert_eq!(token("Bearer a.b.c").as_deref(), Some("a.b.c"));
        assert_eq!(token("bearer  a.b.c ").as_deref(), Some("a.b.c"));
        for header in ["a.b.c", "Basic a.b.c", "Bearer", ""] {
            assert_eq!(token(header), None, "{header:?}");
        }
    }

    #[test]
    fn callers_without_a_readable_address_are_taken_for_one() {
        for address in [None, Some(""), Some("20.1.2.3:44"), Some("20.1.2.3, 20.1.2.4"), Some("localhost")] {
            assert_eq!(known_or_shared(address.map(str::to_owned)), Network::UNKNOWN, "{address:?}");
        }
    }
}
