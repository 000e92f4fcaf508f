//! What the gateway tells the handler, in the two headers that the handler trusts, and what it keeps from the Functions host.

use roxmltree::{Document, Node};

use super::super::deployment::Deployment;
use super::policy_rules::{documents, elements, everywhere, inbound, is_of_api};
use super::{APP_ID, Judged, Rule, Rules, identities, is, unless};

pub(super) const RULES: Rules = &[
    ("policies-present-the-gateway", Rule::Deployment(present)),
    ("policies-tell-the-address", Rule::Deployment(tell_address)),
    ("policies-set-trusted-headers-once", Rule::Deployment(once)),
    ("policies-hide-preflights", Rule::Deployment(hide_preflights)),
];

const GATEWAY: &str = "X-Gateway-Authorization";
const ADDRESS: &str = "X-Gateway-Client-Address";
const PREFLIGHT: &str = "Access-Control-Request-Method";

/// The value of `{{name}}`; other texts stand for themselves.
fn named_value<'a>(deployment: &'a Deployment, text: &'a str) -> &'a str {
    let Some(name) = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else { return text };
    let mut values = deployment.all("Microsoft.ApiManagement/service/namedValues");
    values
        .find(|value| value.text("/properties/displayName") == name)
        .map_or(text, |value| value.text("/properties/value"))
}

fn present(deployment: &Deployment) -> Judged {
    let client = identities::reference(deployment, &identities::gateway(deployment)?, "clientId")?;
    everywhere(deployment, |document| {
        let is_token = |node: &Node| node.has_tag_name("authentication-managed-identity");
        let Some((at, token)) = inbound(document).enumerate().find(|(_, node)| is_token(node)) else {
            return vec!["the gateway gets no token".to_owned()];
        };
        let attribute = |name| named_value(deployment, token.attribute(name).unwrap_or_default());
        let mut faults = is("client-id", attribute("client-id"), &client);
        faults.extend(is("resource", attribute("resource"), APP_ID));
        faults.extend(unless(attribute("ignore-error") != "true", || "a missing token is ignored".to_owned()));
        let variable = attribute("output-token-variable-name");
        let value = format!("@(\"Bearer \" + (string)context.Variables[\"{variable}\"])");
        faults.extend(overrides(document, GATEWAY, &value));
        let header = inbound(document).position(|node| sets(&node, GATEWAY));
        faults
            .extend(unless(header.is_none_or(|header| at < header), || "the token comes after its header".to_owned()));
        faults
    })
}

/// The name is one that App Service's front end does not know: what it knows it overwrites with the gateway's address.
fn tell_address(deployment: &Deployment) -> Judged {
    everywhere(deployment, |document| overrides(document, ADDRESS, "@(context.Request.IpAddress)"))
}

fn sets(node: &Node, header: &str) -> bool {
    let name = node.attribute("name").unwrap_or_default();
    node.has_tag_name("set-header") && name.eq_ignore_ascii_case(header)
}

/// What a caller sent under this name must not pass.
fn overrides(document: &Document, header: &str, expected: &str) -> Vec<String> {
    let Some(node) = inbound(document).find(|node| sets(node, header)) else {
        return vec![format!("{header} is not set on every request")];
    };
    let action = node.attribute("exists-action").unwrap_or("override");
    let mut faults = unless(action == "override", || format!("{header}: exists-action is {action}"));
    let values: Vec<_> = node.children().filter(Node::is_element).filter_map(|value| value.text()).collect();
    faults.extend(unless(values.len() == 1, || format!("{header} has {} values", values.len())));
    faults.extend(is(header, values.join(" ").trim(), expected));
    faults
}

/// On Flex Consumption the Functions host answers an OPTIONS request with this header itself, and without CORS headers.
fn hide_preflights(deployment: &Deployment) -> Judged {
    everywhere(deployment, |document| {
        let deletes = |node: Node| sets(&node, PREFLIGHT) && node.attribute("exists-action") == Some("delete");
        unless(inbound(document).any(deletes), || format!("{PREFLIGHT} is not deleted from every request"))
    })
}

/// A second value would hold in place of the right one: only the API's policy sets these headers, and once each.
fn once(deployment: &Deployment) -> Judged {
    documents(deployment, |owner, document| {
        let most = usize::from(is_of_api(owner));
        let count = |header: &&str| elements(document, "set-header").filter(|node| sets(node, header)).count();
        let often = [GATEWAY, ADDRESS].into_iter().filter(|header| count(header) > most);
        often.map(|header| format!("{header} is set {} times", count(&header))).collect()
    })
}
