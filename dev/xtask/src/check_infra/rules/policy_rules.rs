//! What the policies do: stream, limit each address, and say who the gateway is.

use roxmltree::{Document, Node};

use super::super::deployment::{Deployment, Resource};
use super::{Judged, Rule, Rules, identities, mentions, policies, unless};

pub(super) const RULES: Rules = &[
    ("policies-stream", Rule::Deployment(stream)),
    ("policies-inherit", Rule::Deployment(inherit)),
    ("policies-leave-bodies-alone", Rule::Deployment(leave_bodies)),
    ("policies-leave-cors-to-the-handler", Rule::Deployment(leave_cors)),
    ("policies-present-the-gateway", Rule::Deployment(present)),
    ("policies-tell-the-address", Rule::Deployment(tell_address)),
    ("policies-limit-each-address", Rule::Deployment(limit)),
    ("policies-limit-costly-endpoints", Rule::Deployment(limit_costly)),
];

/// They write to the store or call Entra before anyone has signed in.
const COSTLY: [&str; 3] = ["/register", "/authorize", "/token"];
/// They read or make a body, which ends streaming, or keep an answer for others.
const BODIES: [&str; 12] = [
    "cache-lookup",
    "cache-lookup-value",
    "cache-store",
    "cache-store-value",
    "find-and-replace",
    "json-to-xml",
    "log-to-eventhub",
    "mock-response",
    "redirect-content-urls",
    "set-body",
    "validate-content",
    "xml-to-json",
];

/// Runs over every document of the deployment; what is not well-formed is another rule's.
fn documents(deployment: &Deployment, mut judge: impl FnMut(&str, &Document) -> Vec<String>) -> Judged {
    let mut faults = vec![];
    for policy in policies::of(deployment)? {
        if let Ok(document) = Document::parse(&policy.xml) {
            faults
                .extend(judge(&policy.owner, &document).into_iter().map(|fault| format!("{}: {fault}", policy.owner)));
        }
    }
    Ok(faults)
}

fn elements<'a>(document: &'a Document, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
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

fn leave_bodies(deployment: &Deployment) -> Judged {
    documents(deployment, |_, document| {
        let touching = document.descendants().filter(|node| BODIES.contains(&node.tag_name().name()));
        let mut faults: Vec<String> =
            touching.map(|node| format!("{} touches the body", node.tag_name().name())).collect();
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

/// The value of `{{name}}`; other texts stand for themselves.
fn named_value<'a>(deployment: &'a Deployment, text: &'a str) -> &'a str {
    let Some(name) = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else { return text };
    let mut values = deployment.all("Microsoft.ApiManagement/service/namedValues");
    values
        .find(|value| value.text("/properties/displayName") == name)
        .map_or(text, |value| value.text("/properties/value"))
}

/// The documents that apply to every request: the service's and the API's.
fn everywhere(deployment: &Deployment, judge: impl Fn(&Document) -> Vec<String>) -> Judged {
    let policy = policies::of(deployment)?.into_iter().find(|policy| policy.owner.matches('/').count() == 1);
    let policy = policy.ok_or("the API has no policy")?;
    Ok(Document::parse(&policy.xml).map_or_else(|_| vec![], |document| judge(&document)))
}

fn present(deployment: &Deployment) -> Judged {
    let gateway = identities::gateway(deployment)?;
    everywhere(deployment, |document| {
        let Some(token) = elements(document, "authentication-managed-identity").next() else {
            return vec!["the gateway gets no token".to_owned()];
        };
        let attribute = |name| named_value(deployment, token.attribute(name).unwrap_or_default());
        let mut faults = mentions("client-id", attribute("client-id"), &[&gateway, "clientId"]);
        faults.extend(mentions("resource", attribute("resource"), &[".appId"]));
        faults.extend(unless(attribute("ignore-error") != "true", || "a missing token is ignored".to_owned()));
        let variable = token.attribute("output-token-variable-name").unwrap_or("output-token-variable-name");
        faults.extend(overrides(document, "X-Gateway-Authorization", &["Bearer ", variable]));
        faults
    })
}

/// App Service puts its own front end's address in every header that it knows.
fn tell_address(deployment: &Deployment) -> Judged {
    everywhere(deployment, |document| overrides(document, "X-Client-IP", &["context.Request.IpAddress"]))
}

/// What a caller sent under this name must not pass.
fn overrides(document: &Document, header: &str, words: &[&str]) -> Vec<String> {
    let inbound = document.root_element().children().find(|node| node.has_tag_name("inbound"));
    let mut set =
        inbound.into_iter().flat_map(|section| section.children()).filter(|node| node.has_tag_name("set-header"));
    let Some(node) = set.find(|node| node.attribute("name") == Some(header)) else {
        return vec![format!("{header} is not set on every request")];
    };
    let action = node.attribute("exists-action").unwrap_or("override");
    let mut faults = unless(action == "override", || format!("{header}: exists-action is {action}"));
    let values: Vec<_> =
        node.children().filter(|child| child.has_tag_name("value")).filter_map(|value| value.text()).collect();
    faults.extend(unless(values.len() == 1, || format!("{header} has {} values", values.len())));
    faults.extend(mentions(header, &values.join(" "), words));
    faults
}

/// Calls a second of the limit that a document sets for each address.
fn rate(document: &Document) -> Option<f64> {
    let limits = elements(document, "rate-limit-by-key");
    let by_address = limits
        .filter(|limit| limit.attribute("counter-key").is_some_and(|key| key.contains("context.Request.IpAddress")));
    let number = |limit: Node, name: &str| limit.attribute(name)?.parse::<f64>().ok();
    let rates = by_address.filter_map(|limit| Some(number(limit, "calls")? / number(limit, "renewal-period")?));
    rates.min_by(f64::total_cmp)
}

fn limit(deployment: &Deployment) -> Judged {
    everywhere(deployment, |document| unless(rate(document).is_some(), || "no limit counts each address".to_owned()))
}

fn limit_costly(deployment: &Deployment) -> Judged {
    let policies = policies::of(deployment)?;
    let of = |owner: &str| {
        let policy = policies.iter().find(|policy| policy.owner == owner)?;
        rate(&Document::parse(&policy.xml).ok()?)
    };
    let general = |operation: &Resource| {
        let (api, _) = operation.name.rsplit_once('/')?;
        of(api)
    };
    let operations = deployment.all("Microsoft.ApiManagement/service/apis/operations");
    let costly: Vec<_> =
        operations.filter(|operation| COSTLY.contains(&operation.text("/properties/urlTemplate"))).collect();
    let loose = costly
        .iter()
        .filter(|operation| of(&operation.name).is_none_or(|rate| rate >= general(operation).unwrap_or(f64::INFINITY)));
    let mut faults: Vec<_> = loose.map(|operation| format!("{} has no tighter limit", operation.name)).collect();
    faults.extend(unless(!costly.is_empty(), || "there is no costly operation".to_owned()));
    Ok(faults)
}
