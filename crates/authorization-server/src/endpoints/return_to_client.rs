//! Errors that go back to the client, and whether the browser goes there without a click (RFC 9700 §4.11.2).
//!
//! Anyone can register a client. A redirect that follows from a link alone would lend our name to any address.

use oauth_protocol::{
    authorization_response::{AuthorizationErrorCode, error_response},
    redirect_uri::{RedirectKind, RedirectTarget},
};

use super::{
    answer::{Link, Next, Redirect},
    pages::DeniedPage,
    request_refusal::RequestRefusal,
};
use crate::{
    ground::Unavailable,
    server::AuthorizationServer,
    state::{
        pending_consent::{Asks, SignInPrompt},
        valid_request::ValidRequest,
    },
};

/// The callbacks of hosted clients, in full.
const HOSTED: [&str; 5] = [
    "https://vscode.dev/redirect",
    "https://insiders.vscode.dev/redirect",
    "https://claude.ai/api/mcp/auth_callback",
    "https://claude.com/api/mcp/auth_callback",
    "https://chatgpt.com/connector_platform_oauth_redirect",
];
/// ChatGPT gives each connector a path of its own.
const HOSTED_BELOW: &str = "https://chatgpt.com/connector/oauth/";

/// A request that is refused, of a client that may hear of it.
pub(crate) struct RefusedAuthorizationRequest {
    /// The client's redirect URI.
    pub(crate) target: RedirectTarget,
    /// The client's `state`.
    pub(crate) state: Option<String>,
    /// Whether the owner, in this browser, has approved this target before.
    pub(crate) approved: bool,
    /// The reason of the refusal.
    pub(crate) reason: RequestRefusal,
}

impl AuthorizationServer {
    /// The error, back to the client: by a redirect if the target is trusted, otherwise by a link.
    pub(crate) fn refuse_to_client(&self, refused: &RefusedAuthorizationRequest) -> Next {
        let link = self.link_to_client(refused);
        if refused.approved || is_trusted(&refused.target) {
            Next::Redirect(Redirect::Client(link.url))
        } else {
            Next::Link(link)
        }
    }

    /// The error, back to the client by a link.
    pub(crate) fn link_to_client(
        &self,
        RefusedAuthorizationRequest { target, state, reason, .. }: &RefusedAuthorizationRequest,
    ) -> Link {
        let url = error_response(target, reason.code(), reason.description(), state.as_deref(), self.base());
        Link { host: target.host().to_owned(), url, reason: *reason }
    }

    /// The page after a denial. It returns to a trusted target by itself.
    pub(crate) async fn denied_page(
        &self,
        request: ValidRequest,
        sign_in: SignInPrompt,
    ) -> Result<DeniedPage, Unavailable> {
        Ok(DeniedPage {
            host: request.redirect().host().to_owned(),
            return_to: self.access_denied(&request),
            returns_by_itself: is_trusted(request.redirect()),
            form: self.form(request, Asks::Undo, sign_in).await?,
        })
    }

    /// The redirect URI with the owner's refusal.
    pub(crate) fn access_denied(&self, request: &ValidRequest) -> String {
        let text = "the resource owner denied the request";
        error_response(request.redirect(), AuthorizationErrorCode::AccessDenied, text, request.state(), self.base())
    }
}

/// Whether the target is this computer, or the callback of a hosted client.
fn is_trusted(target: &RedirectTarget) -> bool {
    let uri = target.as_str();
    target.kind() == RedirectKind::Loopback || HOSTED.contains(&uri) || uri.starts_with(HOSTED_BELOW)
}

#[cfg(test)]
mod tests {
    use oauth_protocol::{
        issuer::BaseUrl,
        redirect_uri::{PrivateUseSchemes, RedirectUri},
    };

    use super::*;

    fn trusted(uri: &str) -> bool {
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        let registered = RedirectUri::parse(uri, &PrivateUseSchemes::default(), &base).unwrap();
        is_trusted(&registered.matches(uri).unwrap())
    }

    #[test]
    fn this_computer_and_hosted_clients_are_trusted() {
        for uri in
            ["http://127.0.0.1:33418/cb", "https://vscode.dev/redirect", "https://chatgpt.com/connector/oauth/x1"]
        {
            assert!(trusted(uri), "{uri}");
        }
    }

    #[test]
    fn every_other_address_is_not() {
        for uri in [
            "https://app.example.com/cb",
            "https://vscode.dev/redirect/x",
            "https://vscode.dev.evil.example/redirect",
            "https://chatgpt.com/connector/other",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ] {
            assert!(!trusted(uri), "{uri}");
        }
    }
}
