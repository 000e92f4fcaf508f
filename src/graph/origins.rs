//! Where the APIs are.

use authorization_server::state::api::Api;

/// Where the APIs are.
pub enum Origins {
    /// Graph at this origin, and every other API at its own.
    Real(String),
    /// The origin that stands in for all of them.
    StandIn(String),
}

impl Origins {
    /// The real ones, unless Graph is elsewhere: the local tenant stands in for every API.
    #[must_use]
    pub fn with_graph(graph: String, real: &str) -> Self {
        if graph == real { Self::Real(graph) } else { Self::StandIn(graph) }
    }

    pub(super) fn of(&self, api: Api) -> &str {
        match (self, api) {
            (Self::Real(graph), Api::Graph) => graph,
            (Self::Real(_), Api::Registered(api)) => api.origin,
            (Self::StandIn(origin), _) => origin,
        }
    }
}
