//! Errors that API Management makes itself: no client may meet an answer of another shape than the endpoint's.

use roxmltree::{Document, Node};

use super::super::deployment::Deployment;
use super::policy_rules::{documents, elements, everywhere};
use super::{Judged, Rule, Rules, unless};

pub(super) const RULES: Rules = &[
    ("policies-answer-errors", Rule::Deployment(answer)),
    ("policies-errors-say-when-to-return", Rule::Deployment(say_when)),
    ("policies-errors-are-readable", Rule::Deployment(readable)),
];

/// Holds the seconds that a limit asks the caller to wait.
const RETRY_AFTER: &str = "retry-after";
const PAGE: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

/// An answer that a policy makes.
struct Answer<'a> {
    status: &'a str,
    node: Node<'a, 'a>,
}

impl<'a> Answer<'a> {
    fn all(document: &'a Document) -> impl Iterator<Item = Self> {
        elements(document, "return-response").map(|node| {
            let status = node.children().find(|child| child.has_tag_name("set-status"));
            Self { status: status.and_then(|status| status.attribute("code")).unwrap_or("200"), node }
        })
    }

    /// The value of a header; empty without one.
    fn header(&self, name: &str) -> &'a str {
        let header = self.node.children().find(|child| {
            child.has_tag_name("set-header")
                && child.attribute("name").is_some_and(|given| given.eq_ignore_ascii_case(name))
        });
        let value = header.and_then(|header| header.children().find(|child| child.has_tag_name("value")));
        value.and_then(|value| value.text()).unwrap_or_default()
    }

    fn fault(&self, text: &str) -> String {
        format!("the {} for {} {text}", self.status, self.header("Content-Type"))
    }
}

/// A limit and any other failure, each for people and for programs.
fn answer(deployment: &Deployment) -> Judged {
    everywhere(deployment, |document| {
        let answers: Vec<_> =
            Answer::all(document).map(|answer| (answer.status, answer.header("Content-Type"))).collect();
        let expected = ["429", "503"].into_iter().flat_map(|status| [(status, PAGE), (status, JSON)]);
        let absent = expected.filter(|expected| !answers.contains(expected));
        absent.map(|(status, content_type)| format!("no {status} is answered as {content_type}")).collect()
    })
}

/// `return-response` begins with an empty answer, without the Retry-After of the limit.
fn say_when(deployment: &Deployment) -> Judged {
    documents(deployment, |_, document| {
        let limits = elements(document, "rate-limit-by-key");
        let silent = limits.filter(|limit| limit.attribute("retry-after-variable-name") != Some(RETRY_AFTER));
        let mut faults: Vec<String> = silent.map(|_| format!("a limit does not set {RETRY_AFTER}")).collect();
        faults.extend(Answer::all(document).filter_map(|answer| {
            let value = answer.header("Retry-After");
            let variable = format!("context.Variables[\"{RETRY_AFTER}\"].ToString()");
            let says = if answer.status == "429" { value.contains(&variable) } else { !value.is_empty() };
            (!says).then(|| answer.fault("does not say when to try again"))
        }));
        faults
    })
}

/// As the handler does it: scripts of every origin read JSON, none reads a page, and nothing is kept.
fn readable(deployment: &Deployment) -> Judged {
    documents(deployment, |_, document| {
        let judge = |answer: Answer| {
            let origin = if answer.header("Content-Type") == JSON { "*" } else { "" };
            let cors = unless(answer.header("Access-Control-Allow-Origin") == origin, || {
                answer.fault("has another CORS rule")
            });
            let kept = unless(answer.header("Cache-Control") == "no-store", || answer.fault("may be kept"));
            let body = answer.node.children().find(|child| child.has_tag_name("set-body")).and_then(|body| body.text());
            let json = body.is_some_and(|body| serde_json::from_str::<serde_json::Value>(body).is_ok());
            let fits = (answer.header("Content-Type") == JSON) == json && body.is_some();
            [cors, kept, unless(fits, || answer.fault("has another body"))].concat()
        };
        Answer::all(document).flat_map(judge).collect()
    })
}
