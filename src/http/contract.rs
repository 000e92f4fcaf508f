//! The facts about the endpoints that the function folders and the gateway need.

use http::Method;
use serde::Serialize;

use super::{endpoint::EndpointHandler, resource::Resource, routes::ENDPOINTS};

/// One endpoint, as `infra/contract.json` states it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointContract {
    /// As in `function.json`.
    pub route: &'static str,
    /// The paths that the gateway passes on.
    pub paths: Vec<String>,
    /// The methods that it answers with something other than 405, besides HEAD and OPTIONS.
    pub methods: Vec<&'static str>,
    /// Whether it answers people with pages. The gateway's own errors are then pages, too.
    pub page: bool,
}

/// The endpoints, in the order of the table.
pub fn endpoints() -> impl Iterator<Item = EndpointContract> {
    ENDPOINTS.iter().map(|endpoint| EndpointContract {
        route: endpoint.route,
        paths: paths(endpoint.route),
        methods: endpoint.methods.iter().map(Method::as_str).collect(),
        page: matches!(endpoint.handler, EndpointHandler::Page(_)),
    })
}

/// A route with a final `{*path}` is there for the documents of the resources, and for no other path.
fn paths(route: &str) -> Vec<String> {
    match route.strip_suffix("/{*path}") {
        Some(prefix) => Resource::ALL.iter().map(|resource| format!("/{prefix}{}", resource.path())).collect(),
        None => vec![format!("/{route}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_with_a_rest_is_there_for_each_resource_and_any_other_for_itself() {
        assert_eq!(paths("mcp/sse"), ["/mcp/sse"]);
        assert_eq!(paths("a/{*path}"), ["/a", "/a/mcp", "/a/mcp/sse"]);
    }

    #[test]
    fn every_path_that_the_gateway_passes_on_is_served_by_the_endpoint_that_states_it() {
        for (endpoint, stated) in ENDPOINTS.iter().zip(endpoints()) {
            assert_eq!(endpoint.route, stated.route);
            assert!(stated.paths.iter().all(|path| endpoint.matches(path)), "{stated:?}");
            let others = ENDPOINTS.iter().filter(|other| other.route != endpoint.route);
            for other in others {
                assert!(!stated.paths.iter().any(|path| other.matches(path)), "{} and {}", endpoint.route, other.route);
            }
        }
    }
}
