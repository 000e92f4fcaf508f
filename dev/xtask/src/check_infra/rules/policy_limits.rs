//! How often one address may call.

use roxmltree::{Document, Node};

use super::super::contract::Contract;
use super::super::deployment::{Deployment, Resource};
use super::super::project::Project;
use super::policy_rules::{documents, elements, everywhere, inbound};
use super::{Judged, Rule, Rules, policies, unless};

pub(super) const RULES: Rules = &[
    ("policies-limit-each-address", Rule::Deployment(limit)),
    ("policies-limit-costly-endpoints", Rule::Project(limit_costly)),
    ("policies-limits-are-sane", Rule::Project(sane)),
];

const OPERATION: &str = "Microsoft.ApiManagement/service/apis/operations";
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

/// Each endpoint that writes to the store or calls Entra before anyone has signed in has a limit of its own.
fn limit_costly(project: &Project) -> Judged {
    let contract = Contract::of(&project.files)?;
    let mut faults = vec![];
    for deployment in &project.deployments {
        let policies = policies::of(deployment)?;
        let limited = |operation: &Resource| {
            let policy = policies.iter().find(|policy| policy.owner == operation.name);
            policy.is_some_and(|policy| Document::parse(&policy.xml).is_ok_and(|document| rate(&document).is_some()))
        };
        let loose = deployment
            .all(OPERATION)
            .filter(|operation| limit_of(&contract, operation).is_some() && !limited(operation));
        faults.extend(loose.map(|operation| format!("{}: {} has no limit of its own", deployment.set, operation.name)));
    }
    Ok(faults)
}

/// What the handler says of an operation's endpoint.
fn limit_of(contract: &Contract, operation: &Resource) -> Option<u32> {
    let path = operation.text("/properties/urlTemplate");
    let endpoint = contract.endpoints.iter().find(|endpoint| endpoint.paths.iter().any(|own| own == path))?;
    endpoint.calls_per_minute
}

/// Each limit is the handler's for the API or for the operation. Of the other attributes, a condition or a count could leave
/// calls out.
fn sane(project: &Project) -> Judged {
    let contract = Contract::of(&project.files)?;
    let mut faults = vec![];
    for deployment in &project.deployments {
        let of_set = documents(deployment, |owner, document| {
            let operation = deployment.all(OPERATION).find(|operation| operation.name == owner);
            let wanted = match operation {
                Some(operation) => limit_of(&contract, operation),
                None => Some(contract.calls_per_minute),
            };
            elements(document, "rate-limit-by-key").flat_map(|limit| judge(limit, wanted)).collect()
        })?;
        faults.extend(of_set.into_iter().map(|fault| format!("{}: {fault}", deployment.set)));
    }
    Ok(faults)
}

fn judge(limit: Node, wanted: Option<u32>) -> Vec<String> {
    let calls = calls_a_minute(limit);
    let within = calls.is_some_and(|calls| CALLS_A_MINUTE.contains(&calls))
        && number(limit, "renewal-period").is_some_and(|period| PERIOD.contains(&period));
    let mut faults = unless(within, || format!("the limit {:?} calls is not sane", limit.attribute("calls")));
    faults.extend(unless(calls == wanted.map(f64::from), || {
        format!("the limit is {calls:?} a minute, the handler's {wanted:?}")
    }));
    let known = ["calls", "counter-key", "renewal-period", "retry-after-variable-name"];
    let strange = limit.attributes().filter(|attribute| !known.contains(&attribute.name()));
    faults.extend(strange.map(|attribute| format!("the limit has {}", attribute.name())));
    faults
}
