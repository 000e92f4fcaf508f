//! The request to Entra's authorization endpoint.

use authorization_server::{state::pending_consent::SignInPrompt, upstream::SignInRequest};
use oauth_protocol::form;

use super::settings::{CLIENT_CAPABILITIES, EntraSettings};

/// Asks the user for the middle tier and the Graph scopes at once. Redemption then asks for the middle tier only.
pub(super) fn authorize_url(settings: &EntraSettings, sign_in: &SignInRequest<'_>) -> String {
    let middle_tier = settings.middle_tier_scope();
    let downstream = settings.graph_scopes(sign_in.downstream_scopes);
    let scope = format!("openid profile offline_access {middle_tier} {downstream}");
    let mut query = vec![
        ("client_id", settings.client_id.as_str()),
        ("response_type", "code"),
        ("redirect_uri", settings.redirect_uri.as_str()),
        ("response_mode", "query"),
        ("scope", scope.trim_end()),
        ("state", sign_in.state),
        ("nonce", sign_in.nonce),
        ("code_challenge", sign_in.code_challenge),
        ("code_challenge_method", "S256"),
        ("claims", CLIENT_CAPABILITIES),
    ];
    match sign_in.prompt {
        SignInPrompt::Any => {}
        SignInPrompt::SelectAccount => query.push(("prompt", "select_account")),
        SignInPrompt::Login => query.push(("prompt", "login")),
    }
    format!("{}?{}", settings.endpoint("authorize"), form::encode(query))
}
