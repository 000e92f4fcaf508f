//! A browser in front of the router: it keeps cookies, and sends forms as a page of ours would.

use std::collections::BTreeMap;

use driver::browser::{between, unescaped};
use http::{Method, header, request::Builder};
use testkit::parameter;

use crate::rig::{Answer, Edge, HOST, ORIGIN, empty, form, request};

/// The two fields that every form of a consent page has.
pub(crate) struct ConsentForm {
    pub(crate) request: String,
    pub(crate) csrf: String,
}

/// The cookies of one browser, by name.
#[derive(Clone, Default)]
pub(crate) struct Browser(pub(crate) BTreeMap<String, String>);

impl Browser {
    /// A request with the cookies of this browser.
    pub(crate) fn with_cookies(&self, request: Builder) -> Builder {
        let cookies = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        request.header(header::COOKIE, cookies)
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Follows a link of another site.
    pub(crate) async fn get(&mut self, edge: &Edge, path: &str) -> Answer {
        let request = self.with_cookies(request(Method::GET, path)).header("sec-fetch-site", "cross-site");
        let answer = edge.send(empty(request)).await;
        self.keep(answer)
    }

    /// The request of a form on a page of ours.
    pub(crate) fn form(&self, path: &str) -> Builder {
        let request = self.with_cookies(request(Method::POST, path));
        request.header(header::ORIGIN, ORIGIN).header("sec-fetch-site", "same-origin")
    }

    /// Sends a form of ours.
    pub(crate) async fn post(&mut self, edge: &Edge, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = edge.send(form(self.form(path), fields)).await;
        self.keep(answer)
    }

    /// Opens the consent page.
    pub(crate) async fn ask(&mut self, edge: &Edge, client_id: &str) -> ConsentForm {
        let page = self.get(edge, &authorize(client_id, &[])).await;
        assert_eq!(page.status, 200, "{}", page.body);
        consent_form(&page)
    }

    /// Presses a button of the consent page.
    pub(crate) async fn decide(&mut self, edge: &Edge, form: &ConsentForm, decision: &str) -> Answer {
        let fields = [("request", form.request.as_str()), ("csrf", form.csrf.as_str()), ("decision", decision)];
        self.post(edge, "/consent", &fields).await
    }

    /// Allows; the path of Entra's answer, not yet visited.
    pub(crate) async fn allow(&mut self, edge: &Edge, form: &ConsentForm) -> String {
        callback(&self.decide(edge, form, "allow").await)
    }

    /// Signs in on the operator's page; the answer to Entra's callback.
    pub(crate) async fn sign_in_to_operator(&mut self, edge: &Edge) -> Answer {
        let callback = callback(&self.post(edge, "/operator", &[("action", "sign-in")]).await);
        self.get(edge, &callback).await
    }

    /// The operator's page, for an operator who is signed in.
    pub(crate) async fn operator(&mut self, edge: &Edge) -> Answer {
        let back = self.sign_in_to_operator(edge).await;
        assert_eq!((back.status, back.header("location")), (302, format!("{ORIGIN}/operator").as_str()));
        self.get(edge, "/operator").await
    }

    /// Signs in on the page of connections; that page.
    pub(crate) async fn connections(&mut self, edge: &Edge) -> Answer {
        let callback = callback(&self.post(edge, "/connections", &[("action", "sign-in")]).await);
        let back = self.get(edge, &callback).await;
        assert_eq!((back.status, back.header("location")), (302, format!("{ORIGIN}/connections").as_str()));
        self.get(edge, "/connections").await
    }
}

/// The path of Entra's answer to the sign-in to which a page leads.
pub(crate) fn callback(page: &Answer) -> String {
    let sign_in = unescaped(&between(&page.body, "content=\"0; url=", "\""));
    let state = oauth_protocol::form::encode([("state", parameter(&sign_in, "state").unwrap().as_str())]);
    format!("/oauth-callback?code=upstream-code&{state}")
}

pub(crate) fn consent_form(page: &Answer) -> ConsentForm {
    ConsentForm { request: hidden(page, "request"), csrf: hidden(page, "csrf") }
}

/// The value of a hidden field.
pub(crate) fn hidden(page: &Answer, name: &str) -> String {
    unescaped(&between(&page.body, &format!("name=\"{name}\" value=\""), "\""))
}

/// The path of an authorization request of a client, with some parameters changed or dropped.
pub(crate) fn authorize(client_id: &str, changes: &[(&str, Option<&str>)]) -> String {
    format!("/authorize?{}", testkit::request(client_id, changes))
}

#[test]
fn the_browser_is_of_the_deployment_that_is_tested() {
    assert_eq!(ORIGIN, format!("https://{HOST}"));
}
