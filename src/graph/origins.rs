//! Where the APIs are.

use authorization_server::state::api::Api;
use url::{ParseError, Url};

use super::request::Request;

/// Where the APIs are.
pub enum Origins {
    /// Graph at this origin, and every other API at its own.
    Real(Url),
    /// The origin that stands in for all of them.
    StandIn(Url),
}

impl Origins {
    /// The real ones, unless Graph is elsewhere: the local tenant stands in for every API.
    pub fn with_graph(graph: &str, real: &str) -> Result<Self, ParseError> {
        let origin = Url::parse(graph)?;
        Ok(if graph == real { Self::Real(origin) } else { Self::StandIn(origin) })
    }

    /// The URL of a request. Its path is no more than a path, whatever it holds.
    pub(super) fn url(&self, request: &Request) -> Result<Url, ParseError> {
        let mut url = match (self, request.api()) {
            (Self::Real(_), Api::Registered(api)) => Url::parse(api.origin)?,
            (Self::Real(origin) | Self::StandIn(origin), _) => origin.clone(),
        };
        url.set_path(request.path());
        url.set_query(request.query());
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use authorization_server::state::api::RegisteredApi;

    use super::*;

    const GRAPH: &str = "https://graph.microsoft.com";
    static ORDERS: RegisteredApi = RegisteredApi {
        name: "Orders",
        application_id_uri: "api://orders",
        client_id: "orders",
        origin: "https://orders.example",
    };

    fn url(graph: &str, request: &Request) -> String {
        Origins::with_graph(graph, GRAPH).unwrap().url(request).unwrap().into()
    }

    #[test]
    fn each_api_is_at_its_own_origin_unless_graph_is_elsewhere() {
        let [of_graph, of_orders] = [Request::of("/v1.0/me"), Request::to(&ORDERS, "/contoso/orders")];
        assert_eq!(url(GRAPH, &of_graph), "https://graph.microsoft.com/v1.0/me");
        assert_eq!(url(GRAPH, &of_orders), "https://orders.example/contoso/orders");
        assert_eq!(url("http://127.0.0.1:1234", &of_graph), "http://127.0.0.1:1234/v1.0/me");
        assert_eq!(url("http://127.0.0.1:1234", &of_orders), "http://127.0.0.1:1234/contoso/orders");
    }

    #[test]
    fn path_and_query_are_sent_as_the_request_has_them() {
        for value in ["", "a,b", r#""a + b""#, "a&$top=1", "a#b", "a%26b", "ü?", "a\r\nb", "'~*-._!()"] {
            let request = Request::of("/v1.0/me/messages").with("$search", value).with("$top", "10");
            assert_eq!(url(GRAPH, &request), format!("{GRAPH}{}", request.path_and_query()));
        }
    }

    #[test]
    fn a_path_adds_no_query_and_names_no_host() {
        assert_eq!(url(GRAPH, &Request::of("/a?b#c").with("d", "e")), "https://graph.microsoft.com/a%3Fb%23c?d=e");
        for path in ["//host.example/a", "@host.example/a", ".host.example/a", ":1/a"] {
            assert!(url(GRAPH, &Request::of(path)).starts_with("https://graph.microsoft.com/"), "{path}");
        }
    }
}
