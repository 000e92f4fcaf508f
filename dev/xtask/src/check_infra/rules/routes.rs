//! One list of routes in three places: the router's table, the function folders, and API Management.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::deployment::Deployment;
use super::super::files::Files;
use super::super::project::Project;
use super::super::scan;
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
    let router = scan::endpoints(&project.files)?;
    let mut folders = BTreeSet::new();
    for (path, function) in functions(&project.files)? {
        let route = binding(&function, "httpTrigger").and_then(|trigger| trigger.pointer("/route")?.as_str());
        folders.insert(route.ok_or_else(|| format!("{path} has no route"))?.to_owned());
    }
    Ok(differences("the router", &router, "the function folders", &folders))
}

fn of_gateway(project: &Project) -> Judged {
    let router = scan::endpoints(&project.files)?;
    let resources = scan::resources(&project.files)?;
    let with_methods = |path: String| METHODS.iter().map(move |method| format!("{method} {path}"));
    let paths = router.iter().flat_map(|route| templates(route, &resources));
    let expected: BTreeSet<String> = paths.flat_map(with_methods).collect();
    let mut faults = vec![];
    for deployment in &project.deployments {
        let found = differences("the router", &expected, "API Management", &operations(deployment));
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", deployment.set)));
    }
    Ok(faults)
}

/// What the router answers is among what the gateway passes on.
fn methods(project: &Project) -> Judged {
    let router = scan::methods(&project.files)?;
    let mut faults = unless(!router.is_empty(), || "src/http/routes.rs names no method".to_owned());
    let stopped = router.iter().filter(|method| !METHODS.contains(&method.as_str()));
    faults.extend(stopped.map(|method| format!("the router answers {method}, which API Management does not pass on")));
    Ok(faults)
}

/// Of a route with a final `{*path}`, API Management has the paths of the resources and no other.
fn templates(route: &str, resources: &[String]) -> Vec<String> {
    match route.strip_suffix("/{*path}") {
        Some(prefix) => resources.iter().map(|resource| format!("/{prefix}{resource}")).collect(),
        None => vec![format!("/{route}")],
    }
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
    fn a_wildcard_route_is_a_template_for_each_resource() {
        let resources = [String::new(), "/mcp".to_owned()];
        assert_eq!(templates("mcp/sse", &resources), ["/mcp/sse"]);
        assert_eq!(templates(".well-known/x/{*path}", &resources), ["/.well-known/x", "/.well-known/x/mcp"]);
    }

    #[test]
    fn what_one_side_lacks_is_named() {
        let set = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        let found = differences("the router", &set(&["a", "b"]), "API Management", &set(&["b", "c"]));
        assert_eq!(found, ["the router has a, API Management has not", "API Management has c, the router has not"]);
    }
}
