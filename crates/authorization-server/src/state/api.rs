//! The APIs that this server calls for its users, and the scopes of one of them.

/// An API that accepts tokens of the on-behalf-of exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Api {
    /// Microsoft Graph.
    Graph,
    /// Another one.
    Registered(&'static RegisteredApi),
}

/// An API that is registered in the tenant. Its registration has these values
/// (<https://learn.microsoft.com/entra/identity-platform/quickstart-configure-app-expose-web-apis>).
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct RegisteredApi {
    /// The name that people know it by.
    pub name: &'static str,
    /// The application ID URI. The full name of a scope is this URI, a slash, and the name of the scope.
    pub application_id_uri: &'static str,
    /// The application (client) ID, by which another registration declares that it needs the API.
    pub client_id: &'static str,
    /// The origin to which requests go.
    pub origin: &'static str,
}

impl Api {
    /// The application (client) ID. Graph has this one in every cloud.
    #[must_use]
    pub fn client_id(self) -> &'static str {
        match self {
            Self::Graph => "00000003-0000-0000-c000-000000000000",
            Self::Registered(api) => api.client_id,
        }
    }

    /// The name that people know it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Graph => "Microsoft Graph",
            Self::Registered(api) => api.name,
        }
    }
}

/// Scopes of one API: a downstream token is for one API, so an exchange asks for no others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApiScopes {
    /// The API.
    pub api: Api,
    /// The names that the API gives them, without the API's own.
    pub names: Vec<&'static str>,
}
