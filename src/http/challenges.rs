//! The challenges to requests without a good access token (RFC 6750 §3, RFC 9728 §5.1).

use authorization_server::AuthorizationServer;
use http::HeaderValue;
use oauth_protocol::{bearer::Challenge, metadata::ProtectedResourceMetadata};

use super::resource::Resource;

/// The challenges to requests whose token is absent or not accepted. They differ by address and error only, so they are
/// encoded once.
pub struct Challenges(Vec<(String, Option<&'static str>, HeaderValue)>);

impl Challenges {
    /// The challenges of this server.
    #[must_use]
    pub fn of_server(server: &AuthorizationServer) -> Self {
        let paths =
            Resource::ALL.map(Resource::path).into_iter().flat_map(|path| [path.to_owned(), format!("{path}/")]);
        let scope = server.default_scope().to_string();
        let encoded = |path: String, error| {
            let resource_metadata = &ProtectedResourceMetadata::url(server.base(), &path);
            let value = Challenge { error, resource_metadata, scope: &scope }.encode();
            Some((path, error, HeaderValue::from_str(&value).ok()?))
        };
        let errors = [None, Some("invalid_token"), Some("invalid_request")];
        Self(paths.flat_map(|path| errors.map(|error| encoded(path.clone(), error))).flatten().collect())
    }

    /// The challenge of the resource at this path, with this error.
    pub(super) fn of(&self, path: &str, error: Option<&str>) -> Option<HeaderValue> {
        let found = self.0.iter().find(|(other, with, _)| other == path && *with == error);
        found.map(|(_, _, value)| value.clone())
    }
}
