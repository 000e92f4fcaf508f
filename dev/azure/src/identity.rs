//! The workload identity, for tests that use an SDK themselves. (`azure_identity` reads the environment of the process,
//! which tests share.)

use std::{
    collections::HashMap,
    time::{Duration, SystemTime},
};

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    time::OffsetDateTime,
};
use local_tenant::Tenant;
use serde_json::Value;

/// As App Service gives it out.
#[derive(Debug)]
pub struct ManagedIdentity {
    endpoint: String,
    header: String,
    client_id: String,
}

impl ManagedIdentity {
    /// That of the site in this tenant.
    #[must_use]
    pub fn of(tenant: &Tenant) -> Self {
        let mut settings: HashMap<String, String> = tenant.settings().into_iter().collect();
        let [endpoint, header, client_id] = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_CLIENT_ID"]
            .map(|name| settings.remove(name).unwrap_or_default());
        Self { endpoint, header, client_id }
    }

    async fn token(&self, resource: &str) -> reqwest::Result<String> {
        let query = [("resource", resource), ("api-version", "2019-08-01"), ("client_id", &self.client_id)];
        let request = reqwest::Client::new().get(&self.endpoint).query(&query);
        let answer = request.header("x-identity-header", &self.header).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        Ok(answer.get("access_token").and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}

#[async_trait::async_trait]
impl TokenCredential for ManagedIdentity {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let resource = scopes.first().map(|scope| scope.trim_end_matches("/.default")).unwrap_or_default();
        let token = self.token(resource).await.map_err(|error| azure_core::Error::new(ErrorKind::Credential, error))?;
        #[expect(clippy::disallowed_methods, reason = "the SDK's interface tells real time")]
        let expires_on = OffsetDateTime::from(SystemTime::now()) + Duration::from_hours(1);
        Ok(AccessToken::new(token, expires_on))
    }
}
