//! The settings of the client of Entra: the cloud, the tenant, and the app.

use std::borrow::Cow;

use authorization_server::state::{
    api::{Api, ApiScopes},
    claims::Claims,
};

/// The `claims` parameter that declares support for claims challenges (client capability `cp1`): Graph sends a challenge
/// only to clients that declare it.
pub(super) const CLIENT_CAPABILITIES: &str = r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#;

/// The scope that our app exposes.
pub(super) const OWN_SCOPE: &str = "access_as_user";

/// The same, with the claims that were demanded.
pub(super) fn claims_parameter(demanded: Option<&Claims>) -> Cow<'static, str> {
    demanded.map_or(Cow::Borrowed(CLIENT_CAPABILITIES), |claims| Cow::Owned(claims.declaring("cp1")))
}

/// The tenant, the app, and their URLs.
#[derive(Clone, Debug)]
pub struct EntraSettings {
    /// Origin of the authority.
    pub authority: String,
    /// Tenant id.
    pub tenant_id: String,
    /// Client id of our app.
    pub client_id: String,
    /// Origin of Graph's scopes.
    pub graph_resource: &'static str,
    /// Our redirect URI, exactly as it is registered.
    pub redirect_uri: String,
}

impl EntraSettings {
    /// URL of an OAuth 2.0 endpoint: `authorize` or `token`.
    pub(super) fn endpoint(&self, name: &str) -> String {
        format!("{}/{}/oauth2/v2.0/{name}", self.authority, self.tenant_id)
    }

    /// `iss` of the tenant's v2.0 tokens.
    pub(super) fn issuer(&self) -> String {
        format!("{}/{}/v2.0", self.authority, self.tenant_id)
    }

    /// `iss` of the tenant's v1.0 tokens, which the same keys sign.
    pub(super) fn v1_issuer(&self) -> String {
        let origin = match self.authority.as_str() {
            "https://login.partner.microsoftonline.cn" => "https://sts.chinacloudapi.cn",
            _ => "https://sts.windows.net",
        };
        format!("{origin}/{}/", self.tenant_id)
    }

    /// URL of the tenant's JSON Web Key Set.
    pub(super) fn keys(&self) -> String {
        format!("{}/{}/discovery/v2.0/keys", self.authority, self.tenant_id)
    }

    /// Our own scope, always in its GUID form.
    pub(super) fn middle_tier_scope(&self) -> String {
        format!("{}/{OWN_SCOPE}", self.client_id)
    }

    /// Full names of an API's scopes, never `.default`.
    pub(super) fn full_names(&self, scopes: &ApiScopes) -> String {
        let resource = match scopes.api {
            Api::Graph => self.graph_resource,
            Api::Registered(api) => api.application_id_uri,
        };
        scopes.names.iter().map(|name| format!("{resource}/{name}")).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use authorization_server::state::api::RegisteredApi;

    use super::*;

    static ORDERS: RegisteredApi = RegisteredApi {
        name: "Contoso Orders",
        application_id_uri: "api://contoso.example/orders",
        client_id: "an-id",
        origin: "https://orders.contoso.example",
    };

    fn settings(authority: &str) -> EntraSettings {
        let (authority, tenant_id, client_id) = (authority.to_owned(), "t".to_owned(), "app".to_owned());
        EntraSettings {
            authority,
            tenant_id,
            client_id,
            graph_resource: "https://graph.example",
            redirect_uri: String::new(),
        }
    }

    #[test]
    fn every_url_is_of_the_tenant_and_of_v2() {
        let settings = settings("https://login.example");
        assert_eq!(settings.endpoint("token"), "https://login.example/t/oauth2/v2.0/token");
        assert_eq!(settings.issuer(), "https://login.example/t/v2.0");
        assert_eq!(settings.keys(), "https://login.example/t/discovery/v2.0/keys");
    }

    #[test]
    fn scopes_are_full_names() {
        let settings = settings("https://login.example");
        assert_eq!(settings.middle_tier_scope(), "app/access_as_user");
        let full_names = |api, names: &[&'static str]| settings.full_names(&ApiScopes { api, names: names.to_vec() });
        assert_eq!(full_names(Api::Graph, &["A.B", "C"]), "https://graph.example/A.B https://graph.example/C");
        assert_eq!(full_names(Api::Registered(&ORDERS), &["A.B"]), "api://contoso.example/orders/A.B");
    }

    #[test]
    fn each_cloud_has_its_own_v1_issuer() {
        let v1_issuer = |authority: &str| settings(authority).v1_issuer();
        assert_eq!(v1_issuer("https://login.microsoftonline.com"), "https://sts.windows.net/t/");
        assert_eq!(v1_issuer("https://login.microsoftonline.us"), "https://sts.windows.net/t/");
        assert_eq!(v1_issuer("https://login.partner.microsoftonline.cn"), "https://sts.chinacloudapi.cn/t/");
    }
}
