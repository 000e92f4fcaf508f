//! The checks of all endpoints: Host, Origin, method, rate, and CORS.

use std::sync::Arc;

use authorization_server::ground::{EventName, TooMany};
use http::{HeaderValue, Method, StatusCode, header};

use super::{
    app::App,
    cors::{Cors, Readable},
    endpoint::Endpoint,
    gateway::Ingress,
    head::Head,
    host,
    pages::Texts,
    reply::{Response, answer, empty, json_rpc_error, retry_later},
    request::Arriving,
    too_many::ReachedLimit,
};

impl Endpoint {
    /// Answers a request to this endpoint. Nothing of its body is kept before the caller may call.
    pub(super) async fn answer(&self, app: Arc<App>, arriving: Arriving, ingress: Ingress) -> Response {
        let head = &arriving.head;
        let Ok(readable) = self.cors.judge(&head.headers, app.server.base().issuer(), &app.allowed_origins) else {
            let mut response = self.refused(&app, "this origin may not call this server");
            self.cors.decorate_refusal(&mut response);
            return arriving.refuse(&app.memory, || response).await;
        };
        let mut response = if let Some(refusal) = self.refusal(&app, head, ingress, &readable) {
            arriving.refuse(&app.memory, || refusal).await
        } else if let Some((reached, too_many)) = self.over_limit(&app, head) {
            let place = self.place(Texts::preferred(&head.headers));
            reached.report(&app, place.endpoint);
            arriving.refuse(&app.memory, || reached.reported(&app, place.format, too_many)).await
        } else {
            self.serve(app, arriving).await
        };
        readable.decorate(&mut response);
        response
    }

    /// A short answer that needs no handler.
    fn refusal(&self, app: &App, head: &Head, ingress: Ingress, readable: &Readable) -> Option<Response> {
        if ingress == Ingress::Direct && !host::is_ours(head, app.server.base()) {
            Some(self.refused(app, "the Host header does not name this server"))
        } else if head.is_prefetch() {
            self.report_refusal(app, "the request is a prefetch");
            Some(retry_later(self.in_words(StatusCode::SERVICE_UNAVAILABLE, "prefetch refused; open the page")))
        } else if head.method == Method::OPTIONS {
            Some(self.options(readable))
        } else if ingress == Ingress::Direct && self.is_misdirected(head, app) {
            Some(self.misdirected(app))
        } else if !self.allows(&head.method) {
            self.report_refusal(app, "the method is not allowed");
            Some(self.with_allow(self.method_not_allowed()))
        } else {
            None
        }
    }

    /// The limit that the address has reached, if it may not call this endpoint again yet.
    fn over_limit(&self, app: &App, head: &Head) -> Option<(ReachedLimit, TooMany)> {
        let limited = self.limited?;
        let too_many = app.limits.take(limited, head.from).err()?;
        Some((ReachedLimit::by_address(limited.name()), too_many))
    }

    fn refused(&self, app: &App, reason: &'static str) -> Response {
        self.report_refusal(app, reason);
        self.in_words(StatusCode::FORBIDDEN, reason)
    }

    fn is_misdirected(&self, head: &Head, app: &App) -> bool {
        self.cors == Cors::Resource && host::is_misdirected(head, app.server.base())
    }

    /// RFC 9110 §15.5.20, before a client has registered or signed in for nothing.
    fn misdirected(&self, app: &App) -> Response {
        let reason = "the Host header is another name of this machine";
        self.report_refusal(app, reason);
        let url = app.server.base().join(self.route);
        json_rpc_error(StatusCode::MISDIRECTED_REQUEST, &format!("This server's address is {url}; connect to that"))
    }

    fn report_refusal(&self, app: &App, reason: &'static str) {
        app.audit.report(&EventName::RequestRefused.event().at(self.route).because(reason));
    }

    /// A refusal of a request that may not come from an MCP client.
    fn in_words(&self, status: StatusCode, text: &str) -> Response {
        match self.cors {
            Cors::Resource => json_rpc_error(status, text),
            Cors::SameOrigin | Cors::AnyOrigin => answer(status, "text/plain", format!("{text}\n")),
        }
    }

    fn method_not_allowed(&self) -> Response {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        match self.cors {
            Cors::Resource => json_rpc_error(status, "Method Not Allowed"),
            Cors::SameOrigin | Cors::AnyOrigin => empty(status),
        }
    }

    fn options(&self, readable: &Readable) -> Response {
        let mut response = self.with_allow(empty(StatusCode::NO_CONTENT));
        readable.preflight(&mut response, &self.allow());
        response
    }

    fn allows(&self, method: &Method) -> bool {
        self.methods.contains(method) || (*method == Method::HEAD && self.methods.contains(&Method::GET))
    }

    fn allow(&self) -> String {
        self.methods.iter().map(Method::as_str).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ")
    }

    fn with_allow(&self, mut response: Response) -> Response {
        if let Ok(allow) = HeaderValue::from_str(&self.allow()) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}
