//! How often one address may call.

use roxmltree::{Document, Node};

use super::super::deployment::{Deployment, Resource};
use super::policy_rules::{documents, elements, everywhere, inbound};
use super::{Judged, Rule, Rules, policies, unless};

pub(super) const RULES: Rules = &[
    ("policies-limit-each-address", Rule::Deployment(limit)),
    ("policies-limit-costly-endpoints", Rule::Deployment(limit_costly)),
    ("policies-limits-are-sane", Rule::Deployment(sane)),
];

/// They write to the store or call Entra before anyone has signed in.
const COSTLY: [&str; 3] = ["/register", "/authorize", "/token"];
/// What is counted: calls of an address, and its calls of one endpoint.
const KEYS: [&str; 2] =
    ["@(context.Request.IpAddress)", "@(context.Request.IpAddress + context.Operation.UrlTemplate)"];
/// Fewer calls a minute would stop one client with a few streams; more is no limit.
const CALLS_A_MINUTE: std::ops::RangeInclusive<f64> = 10.0..=2000.0;
/// Seconds: what API Management takes.
const PERIOD: std::ops::RangeInclusive<f64> = 1.0..=300.0;

fn number(limit: Node, name: &str) -> Option<f64> {
    limit.attribute(name)?.parse().ok()
}

fn calls_a_minute(limit: Node) -> Option<f64> {
    Some(number(limit, "calls")? / number(limit, "renewal-period")? * 60.0)
}

/// Calls a minute of the tightest limit that a document sets for each address.
fn rate(document: &Document) -> Option<f64> {
    let limits = inbound(document).filter(|node| node.has_tag_name("rate-limit-by-key"));
    let by_address = limits.filter(|limit| limit.attribute("counter-key").is_some_and(|key| KEYS.contains(&key)));
    by_address.filter_map(calls_a_minute).min_by(f64::total_cmp)
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

/// Of the other attributes, a condition or a count could leave calls out.
fn sane(deployment: &Deployment) -> Judged {
    documents(deployment, |_, document| {
        let judge = |limit: Node| {
            let within = calls_a_minute(limit).is_some_and(|calls| CALLS_A_MINUTE.contains(&calls))
                && number(limit, "renewal-period").is_some_and(|period| PERIOD.contains(&period));
            let mut faults = unless(within, || format!("the limit {:?} calls is not sane", limit.attribute("calls")));
            let known = ["calls", "counter-key", "renewal-period", "retry-after-variable-name"];
            let strange = limit.attributes().filter(|attribute| !known.contains(&attribute.name()));
            faults.extend(strange.map(|attribute| format!("the limit has {}", attribute.name())));
            faults
        };
        elements(document, "rate-limit-by-key").flat_map(judge).collect()
    })
}
