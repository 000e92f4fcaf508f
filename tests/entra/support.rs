//! The product's Entra adapter, as `startup` builds it, in front of any authority.

use std::{collections::HashMap, sync::Arc, time::Duration};

use authorization_server::ground::Clock;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use local_tenant::{Options, Tenant};
use remote_auth_mcp::{
    entra::{Entra, EntraSettings, Identity, ManagedIdentityAssertion},
    platform::SystemClock,
};
use reqwest::{Client, ClientBuilder, Url, redirect::Policy};
use serde_json::Value;
use time::OffsetDateTime;

/// The app's redirect URI.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:7071/oauth-callback";
/// Of public Azure.
pub(crate) const AUDIENCE: &str = "api://AzureADTokenExchange";

/// A workload identity that always gives the same assertion.
#[derive(Debug)]
struct Fixed(String);

#[async_trait::async_trait]
impl TokenCredential for Fixed {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new(self.0.clone(), OffsetDateTime::UNIX_EPOCH))
    }
}

/// Which app of which tenant.
pub(crate) struct Ids {
    pub(crate) tenant: String,
    pub(crate) client: String,
}

/// The adapter, with an HTTP client of the product's manners.
pub(crate) fn entra(authority: &str, ids: &Ids, assertion: &str) -> Entra {
    entra_by(http(), authority, ids, assertion)
}

fn entra_by(http: Client, authority: &str, ids: &Ids, assertion: &str) -> Entra {
    entra_at(Arc::new(SystemClock), http, authority, ids, assertion)
}

pub(crate) fn entra_at(clock: Arc<dyn Clock>, http: Client, authority: &str, ids: &Ids, assertion: &str) -> Entra {
    let settings = EntraSettings {
        authority: authority.to_owned(),
        tenant_id: ids.tenant.clone(),
        client_id: ids.client.clone(),
        graph_resource: "https://graph.microsoft.com",
        redirect_uri: REDIRECT_URI.to_owned(),
    };
    let identity: Identity = Arc::new(Fixed(assertion.to_owned()));
    Entra::new(settings, http, Arc::new(ManagedIdentityAssertion::new(identity, AUDIENCE)), clock)
}

/// Follows no redirect, and waits however long a busy machine takes.
pub(crate) fn http() -> Client {
    builder().build().unwrap()
}

fn builder() -> ClientBuilder {
    Client::builder().redirect(Policy::none()).no_proxy()
}

/// The local tenant, which signs Alice in without a page.
pub(crate) struct Local {
    pub(crate) tenant: Tenant,
    pub(crate) ids: Ids,
    pub(crate) entra: Entra,
    settings: HashMap<String, String>,
    assertion: String,
}

impl Local {
    pub(crate) async fn start() -> Self {
        let options = Options {
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            silent_user: Some("alice@contoso.example".to_owned()),
            ..Options::default()
        };
        let tenant = local_tenant::start(options).await.unwrap();
        let settings: HashMap<String, String> = tenant.settings().into_iter().collect();
        let ids = Ids { tenant: settings["ENTRA_TENANT_ID"].clone(), client: settings["ENTRA_CLIENT_ID"].clone() };
        let assertion = assertion(&settings).await;
        let entra = entra(tenant.base_url(), &ids, &assertion);
        tenant.forget_requests();
        Self { tenant, ids, entra, settings, assertion }
    }

    /// The adapter with a timeout.
    pub(crate) fn with_timeout(&self, timeout: Duration) -> Entra {
        entra_by(builder().timeout(timeout).build().unwrap(), self.tenant.base_url(), &self.ids, &self.assertion)
    }

    pub(crate) fn setting(&self, name: &str) -> &str {
        &self.settings[name]
    }
}

async fn assertion(settings: &HashMap<String, String>) -> String {
    let query = [("api-version", "2019-08-01"), ("resource", AUDIENCE), ("client_id", &settings["AZURE_CLIENT_ID"])];
    let url = Url::parse_with_params(&settings["IDENTITY_ENDPOINT"], query).unwrap();
    let request = http().get(url).header("X-IDENTITY-HEADER", &settings["IDENTITY_HEADER"]);
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}
