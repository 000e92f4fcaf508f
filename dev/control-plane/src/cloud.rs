//! A CONNECT proxy that is every host itself, and leads nowhere else.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use stand_in::{Recent, Site, TlsAcceptor, lock};

use crate::answer::Answer;
use crate::asked::Asked;
use crate::recorded::Recorded;
use crate::state::State;
use crate::{deployment_endpoint, github, graph, resource_manager, sign_in};

/// No package is longer.
const LONGEST_BODY: usize = 256 << 20;

pub(crate) type Requests = Recent<Recorded, 10_000>;

/// The hosts with one name.
const HOSTS: [&str; 4] = [resource_manager::HOST, sign_in::HOST, graph::HOST, github::HOST];

/// The names that the certificate must have.
pub(crate) const NAMES: [&str; 5] =
    [resource_manager::HOST, sign_in::HOST, graph::HOST, github::HOST, "*.scm.azurewebsites.net"];

/// The state that connections share.
pub(crate) struct Cloud {
    pub(crate) tls: TlsAcceptor,
    pub(crate) state: Mutex<State>,
    pub(crate) requests: Requests,
}

impl Cloud {
    pub(crate) fn proxy(self: &Arc<Self>) -> Site {
        let cloud = Arc::clone(self);
        Site::new(Router::new()).with_tunnels(Arc::new(move |host, port| cloud.host(host, port)))
    }

    fn host(self: &Arc<Self>, host: &str, port: u16) -> Result<Site, StatusCode> {
        if port != 443 || !self.knows(host) {
            self.requests.push(Recorded::refused(host));
            return Err(StatusCode::FORBIDDEN);
        }
        let (cloud, host) = (Arc::clone(self), host.to_owned());
        let router = Router::new().fallback(async move |request| cloud.respond(&host, request).await);
        Ok(Site::new(router).with_tls(self.tls.clone()))
    }

    fn knows(&self, host: &str) -> bool {
        let site = host.strip_suffix(deployment_endpoint::DOMAIN);
        HOSTS.contains(&host) || site.is_some_and(|site| lock(&self.state).has_site(site))
    }

    async fn respond(&self, host: &str, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, LONGEST_BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
        let asked = Asked::new(host, &parts, body);
        let answer = self.answer(&asked);
        self.requests.push(Recorded::new(&asked, &answer));
        response(answer)
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let state = &mut *lock(&self.state);
        match asked.host.as_str() {
            resource_manager::HOST => resource_manager::answer(state, asked),
            sign_in::HOST => sign_in::answer(state, asked),
            graph::HOST => graph::answer(state, asked),
            github::HOST => github::answer(state, asked),
            host => {
                let site = host.strip_suffix(deployment_endpoint::DOMAIN).unwrap_or_default();
                deployment_endpoint::answer(state, asked, site)
            }
        }
    }
}

fn response(answer: Answer) -> Response {
    let Answer { status, headers, body } = answer;
    let mut response = status.into_response();
    if !body.is_null() {
        response = (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    }
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
