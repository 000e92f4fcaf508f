//! What the policies do to a request and its answer: pass them on as they are, piece by piece.

use roxmltree::{Document, Node};

use super::super::deployment::Deployment;
use super::{Judged, Rule, Rules, policies, unless};

pub(super) const RULES: Rules = &[
    ("policies-stream", Rule::Deployment(stream)),
    ("policies-forward-as-it-is", Rule::Deployment(forward)),
    ("policies-inherit", Rule::Deployment(inherit)),
    ("policies-leave-bodies-alone", Rule::Deployment(leave_bodies)),
    ("policies-leave-cors-to-the-handler", Rule::Deployment(leave_cors)),
];

/// Runs over every document of the deployment; what is not well-formed is another rule's.
pub(super) fn documents(deployment: &Deployment, mut judge: impl FnMut(&str, &Document) -> Vec<String>) -> Judged {
    let mut faults = vec![];
    for policy in policies::of(deployment)? {
        if let Ok(document) = Document::parse(&policy.xml) {
            faults
                .extend(judge(&policy.owner, &document).into_iter().map(|fault| format!("{}: {fault}", policy.owner)));
        }
    }
    Ok(faults)
}

pub(super) fn elements<'a>(document: &'a Document, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |node| node.has_tag_name(name))
}

fn stream(deployment: &Deployment) -> Judged {
    let mut forwards = 0;
    let mut faults = documents(deployment, |_, document| {
        let of: Vec<_> = elements(document, "forward-request").collect();
        forwards += of.len();
        let buffers = of.iter().filter(|forward| forward.attribute("buffer-response") != Some("false"));
        buffers.map(|_| "forward-request buffers the response".to_owned()).collect()
    })?;
    faults.extend(unless(forwards > 0, || "no policy forwards without buffering".to_owned()));
    Ok(faults)
}

/// Redirects and errors are the client's to see, and a request's body goes on as it comes. Each is off where nothing is said.
fn forward(deployment: &Deployment) -> Judged {
    const OFF: [&str; 3] = ["buffer-request-body", "fail-on-error-status-code", "follow-redirects"];
    documents(deployment, |_, document| {
        let forwards = elements(document, "forward-request");
        let on = forwards.flat_map(|forward| OFF.map(|name| (name, forward.attribute(name).unwrap_or("false"))));
        on.filter(|(_, value)| *value != "false").map(|(name, value)| format!("{name} is {value}")).collect()
    })
}

/// An operation's own policy must not lose what the API's does.
fn inherit(deployment: &Deployment) -> Judged {
    let of_operation = |owner: &str| owner.matches('/').count() >= 2;
    documents(deployment, |owner, document| {
        let keeps = |section: &str| {
            let found = document.root_element().children().find(|node| node.has_tag_name(section));
            found.is_some_and(|section| section.children().any(|node| node.has_tag_name("base")))
        };
        let lost = ["inbound", "backend", "outbound", "on-error"].into_iter().filter(|section| !keeps(section));
        lost.filter(|_| of_operation(owner)).map(|section| format!("{section} has no base")).collect()
    })
}

/// A body is written only into an answer that API Management makes itself, when there is no other.
fn leave_bodies(deployment: &Deployment) -> Judged {
    documents(deployment, |_, document| {
        let replaces = |node: &Node| {
            let is_own = |name| node.ancestors().any(|ancestor| ancestor.has_tag_name(name));
            !(is_own("return-response") && is_own("on-error"))
        };
        let mut faults: Vec<String> =
            elements(document, "set-body").filter(replaces).map(|_| "set-body replaces the body".to_owned()).collect();
        let reads = document.input_text().contains(".Body");
        faults.extend(unless(!reads, || "an expression reads a body".to_owned()));
        faults
    })
}

fn leave_cors(deployment: &Deployment) -> Judged {
    documents(deployment, |_, document| {
        elements(document, "cors").map(|_| "cors is the handler's to answer".to_owned()).collect()
    })
}

/// The policy of the API, which applies to every request.
pub(super) fn everywhere(deployment: &Deployment, judge: impl Fn(&Document) -> Vec<String>) -> Judged {
    let policy = policies::of(deployment)?.into_iter().find(|policy| is_of_api(&policy.owner));
    let policy = policy.ok_or("the API has no policy")?;
    Ok(Document::parse(&policy.xml).map_or_else(|_| vec![], |document| judge(&document)))
}

/// Of the API: neither the service's, which has one part less, nor an operation's.
pub(super) fn is_of_api(owner: &str) -> bool {
    owner.matches('/').count() == 1
}

/// What stands directly in the inbound section, and so is done for every request.
pub(super) fn inbound<'a>(document: &'a Document) -> impl Iterator<Item = Node<'a, 'a>> {
    let sections = document.root_element().children().filter(|node| node.has_tag_name("inbound"));
    sections.flat_map(|section| section.children()).filter(Node::is_element)
}
