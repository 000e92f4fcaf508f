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

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn url(prompt: SignInPrompt, downstream_scopes: &[&'static str]) -> Url {
        let settings = EntraSettings {
            authority: "https://login.microsoftonline.com".into(),
            tenant_id: "the-tenant".into(),
            client_id: "the-app".into(),
            graph_resource: "https://graph.microsoft.com",
            redirect_uri: "https://mcp.example.com/oauth-callback".into(),
        };
        let sign_in =
            SignInRequest { state: "st+ate&/", nonce: "nonce", code_challenge: "challenge", downstream_scopes, prompt };
        Url::parse(&authorize_url(&settings, &sign_in)).unwrap()
    }

    fn parameter(url: &Url, name: &str) -> Vec<String> {
        url.query_pairs().filter(|(other, _)| other == name).map(|(_, value)| value.into_owned()).collect()
    }

    #[test]
    fn the_request_is_for_our_app_in_our_tenant_and_answered_by_a_code_in_the_query() {
        let url = url(SignInPrompt::Any, &["User.Read"]);
        assert_eq!(url.origin().ascii_serialization(), "https://login.microsoftonline.com");
        assert_eq!(url.path(), "/the-tenant/oauth2/v2.0/authorize");
        for (name, value) in [
            ("client_id", "the-app"),
            ("response_type", "code"),
            ("response_mode", "query"),
            ("redirect_uri", "https://mcp.example.com/oauth-callback"),
            ("state", "st+ate&/"),
            ("nonce", "nonce"),
            ("code_challenge", "challenge"),
            ("code_challenge_method", "S256"),
            ("claims", CLIENT_CAPABILITIES),
        ] {
            assert_eq!(parameter(&url, name), [value], "{name}");
        }
    }

    #[test]
    fn the_user_is_asked_for_the_middle_tier_and_each_permission_by_its_full_name() {
        let scope = |permissions| parameter(&url(SignInPrompt::Any, permissions), "scope");
        let middle_tier = "openid profile offline_access the-app/access_as_user";
        assert_eq!(scope(&[]), [middle_tier]);
        let graph = "https://graph.microsoft.com";
        let both = format!("{middle_tier} {graph}/User.Read {graph}/Mail.Read");
        assert_eq!(scope(&["User.Read", "Mail.Read"]), [both]);
    }

    #[test]
    fn a_prompt_is_sent_only_if_there_is_one() {
        let prompt = |prompt| parameter(&url(prompt, &[]), "prompt");
        assert_eq!(prompt(SignInPrompt::Any), [""; 0]);
        assert_eq!(prompt(SignInPrompt::SelectAccount), ["select_account"]);
        assert_eq!(prompt(SignInPrompt::Login), ["login"]);
    }
}
