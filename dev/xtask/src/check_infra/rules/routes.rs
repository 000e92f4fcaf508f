//! The function folders and API Management have the endpoints of the handler.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::contract::Contract;
use super::super::deployment::Deployment;
use super::super::files::Files;
use super::super::project::Project;
use super::{Judged, Rule, Rules, unless};

pub(super) const RULES: Rules = &[
    ("routes-of-function-folders", Rule::Project(of_function_folders)),
    ("routes-of-gateway", Rule::Project(of_gateway)),
    ("routes-methods-reach-the-handler", Rule::Project(methods)),
    ("function-takes-all-methods", Rule::Project(takes_all_methods)),
];

/// OPTIONS because the handler answers CORS; DELETE because MCP clients may end a session; HEAD with GET. A client must see
/// the handler's 405, not the gateway's 404.
const METHODS: [&str; 5] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST"];
const OPERATION: &str = "Microsoft.ApiManagement/service/apis/operations";

/// Function folders by their file, with what it says.
fn functions(files: &Files) -> Result<Vec<(&str, Value)>, String> {
    let folders = files.under("", "/function.json").filter(|(path, _)| path.matches('/').count() == 1);
    let read = |(path, text)| {
        serde_json::from_str(text).map(|value| (path, value)).map_err(|error| format!("{path}: {error}"))
    };
    folders.map(read).collect()
}

fn binding<'a>(function: &'a Value, kind: &str) -> Option<&'a Value> {
    let bindings = function.pointer("/bindings")?.as_array()?;
    bindings.iter().find(|binding| binding.pointer("/type").is_some_and(|found| found == kind))
}

fn of_function_folders(project: &Project) -> Judged {
    let endpoints = Contract::of(&project.files)?.endpoints.into_iter();
    let handler = endpoints.map(|endpoint| endpoint.route).collect();
    let mut folders = BTreeSet::new();
    for (path, function) in functions(&project.files)? {
        let route = binding(&function, "httpTrigger").and_then(|trigger| trigger.pointer("/route")?.as_str());
        folders.insert(route.ok_or_else(|| format!("{path} has no route"))?.to_owned());
    }
    Ok(differences("the handler", &handler, "the function folders", &folders))
}

fn of_gateway(project: &Project) -> Judged {
    let endpoints = Contract::of(&project.files)?.endpoints.into_iter();
    let with_methods = |path: String| METHODS.iter().map(move |method| format!("{method} {path}"));
    let expected: BTreeSet<String> = endpoints.flat_map(|endpoint| endpoint.paths).flat_map(with_methods).collect();
    let mut faults = vec![];
    for deployment in &project.deployments {
        let found = differences("the handler", &expected, "API Management", &operations(deployment));
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", deployment.set)));
    }
    Ok(faults)
}

/// What the handler answers is among what the gateway passes on.
fn methods(project: &Project) -> Judged {
    let endpoints = Contract::of(&project.files)?.endpoints.into_iter();
    let methods =
        endpoints.flat_map(|endpoint| endpoint.methods.into_iter().map(move |method| (method, endpoint.route.clone())));
    let stopped = methods.filter(|(method, _)| !METHODS.contains(&method.as_str()));
    Ok(stopped
        .map(|(method, route)| format!("{route} answers {method}, which API Management does not pass on"))
        .collect())
}

fn operations(deployment: &Deployment) -> BTreeSet<String> {
    let of = deployment.all(OPERATION);
    of.map(|operation| {
        format!("{} {}", operation.text("/properties/method"), operation.text("/properties/urlTemplate"))
    })
    .collect()
}

fn differences(left: &str, in_left: &BTreeSet<String>, right: &str, in_right: &BTreeSet<String>) -> Vec<String> {
    let only_left = in_left.difference(in_right).map(|item| format!("{left} has {item}, {right} has not"));
    let only_right = in_right.difference(in_left).map(|item| format!("{right} has {item}, {left} has not"));
    only_left.chain(only_right).collect()
}

/// For a method that is not listed the Functions host answers 404, where clients expect 405.
fn takes_all_methods(project: &Project) -> Judged {
    let functions = functions(&project.files)?;
    let mut faults = unless(!functions.is_empty(), || "there is no function folder".to_owned());
    for (path, function) in functions {
        let Some(trigger) = binding(&function, "httpTrigger") else { return Err(format!("{path} has no httpTrigger")) };
        let open = trigger.pointer("/authLevel").is_some_and(|level| level == "anonymous");
        faults.extend(unless(open, || format!("{path}: authLevel is not anonymous")));
        faults.extend(unless(trigger.pointer("/methods").is_none(), || format!("{path} lists methods")));
        faults.extend(unless(binding(&function, "http").is_some(), || format!("{path} has no http output")));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_lacks_is_named() {
        let set = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        let found = differences("the router", &set(&["a", "b"]), "API Management", &set(&["b", "c"]));
        assert_eq!(found, ["the router has a, API Management has not", "API Management has c, the router has not"]);
    }
}
