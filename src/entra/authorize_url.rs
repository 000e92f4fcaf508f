//! The request to Entra's authorization endpoint.

use std::iter;

use authorization_server::{state::pending_consent::SignInPrompt, upstream::SignInRequest};
use oauth_protocol::form;

use super::settings::{EntraSettings, claims_parameter};

/// Asks the user for the middle tier and the scopes of each API at once, as an authorization request may. Redemption then asks
/// for the middle tier only, because a token is for one API
/// (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code>).
pub(super) fn authorize_url(settings: &EntraSettings, sign_in: &SignInRequest<'_>) -> String {
    let middle_tier = format!("openid profile offline_access {}", settings.middle_tier_scope());
    let downstream = sign_in.downstream_scopes.iter().map(|scopes| settings.full_names(scopes));
    let scope = iter::once(middle_tier).chain(downstream).collect::<Vec<_>>().join(" ");
    let claims = claims_parameter(sign_in.demanded.map(|demanded| demanded.claims));
    let mut query = vec![
        ("client_id", settings.client_id.as_str()),
        ("response_type", "code"),
        ("redirect_uri", settings.redirect_uri.as_str()),
        ("response_mode", "query"),
        ("scope", &scope),
        ("state", sign_in.state),
        ("nonce", sign_in.nonce),
        ("code_challenge", sign_in.code_challenge),
        ("code_challenge_method", "S256"),
        ("claims", &claims),
    ];
    match sign_in.prompt {
        SignInPrompt::Any => {}
        SignInPrompt::SelectAccount => query.push(("prompt", "select_account")),
        SignInPrompt::Login => query.push(("prompt", "login")),
    }
    query.extend(
        sign_in.demanded.map(|demanded| ("login_hint", demanded.login_hint)).filter(|(_, hint)| !hint.is_empty()),
    );
    format!("{}?{}", settings.endpoint("authorize"), form::encode(query))
}

#[cfg(test)]
mod tests {
    use authorization_server::state::api::{Api, ApiScopes, RegisteredApi};
    use url::Url;

    use super::*;

    fn url(prompt: SignInPrompt, downstream_scopes: &[ApiScopes]) -> Url {
        let settings = EntraSettings {
            authority: "https://login.microsoftonline.com".into(),
            tenant_id: "the-tenant".into(),
            client_id: "the-app".into(),
            graph_resource: "https://graph.microsoft.com",
            redirect_uri: "https://mcp.example.com/oauth-callback".into(),
        };
        let demanded = None;
        let sign_in = SignInRequest {
            state: "st+ate&/",
            nonce: "nonce",
            code_challenge: "challenge",
            downstream_scopes,
            prompt,
            demanded,
        };
        Url::parse(&authorize_url(&settings, &sign_in)).unwrap()
    }

    fn parameter(url: &Url, name: &str) -> Vec<String> {
        url.query_pairs().filter(|(other, _)| other == name).map(|(_, value)| value.into_owned()).collect()
    }

    #[test]
    fn the_request_is_for_our_app_in_our_tenant_and_answered_by_a_code_in_the_query() {
        let url = url(SignInPrompt::Any, &[]);
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
            ("claims", r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#),
        ] {
            assert_eq!(parameter(&url, name), [value], "{name}");
        }
    }

    #[test]
    fn the_user_is_asked_for_the_middle_tier_and_each_permission_by_its_full_name() {
        let scope = |scopes: &[ApiScopes]| parameter(&url(SignInPrompt::Any, scopes), "scope");
        let middle_tier = "openid profile offline_access the-app/access_as_user";
        assert_eq!(scope(&[]), [middle_tier]);
        let graph = "https://graph.microsoft.com";
        let orders =
            RegisteredApi { name: "Orders", application_id_uri: "api://o", client_id: "o", origin: "https://o" };
        let orders = Api::Registered(Box::leak(Box::new(orders)));
        let needed = [(Api::Graph, vec!["User.Read", "Mail.Read"]), (orders, vec!["Orders.Read"])];
        let all = format!("{middle_tier} {graph}/User.Read {graph}/Mail.Read api://o/Orders.Read");
        assert_eq!(scope(&needed.map(|(api, names)| ApiScopes { api, names })), [all]);
    }

    #[test]
    fn a_prompt_is_sent_only_if_there_is_one() {
        let prompt = |prompt| parameter(&url(prompt, &[]), "prompt");
        assert_eq!(prompt(SignInPrompt::Any), [""; 0]);
        assert_eq!(prompt(SignInPrompt::SelectAccount), ["select_account"]);
        assert_eq!(prompt(SignInPrompt::Login), ["login"]);
    }
}
