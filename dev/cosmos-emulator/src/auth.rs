//! Authorization: only the workload's identity, with a token of the tenant for Cosmos.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use stand_in::{Clock, PublicKey, UnverifiedJwt};
use tokio::sync::Mutex;

use crate::{Options, StartError, answer, answer::Refusal};

/// Of every token for Cosmos; a final slash makes no difference.
const AUDIENCE: &str = "https://cosmos.azure.com";
/// The local tenant's workload identity, the only one with a role assignment.
const WORKLOAD_PRINCIPAL_ID: &str = "2632f208-0024-435f-aba3-c3209b8ec91c";
/// By how many seconds clocks may differ, as Azure's own services allow.
const SKEW: i64 = 300;
/// For each request to the tenant.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Verifies bearer tokens.
pub(crate) struct Authenticator {
    http: reqwest::Client,
    authority: String,
    tenant_id: String,
    /// The tenant's, read again when a token names another one.
    keys: Mutex<Vec<PublicKey>>,
}

#[derive(Deserialize)]
struct Discovery {
    jwks_uri: String,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<PublicKey>,
}

impl Authenticator {
    pub(crate) fn new(options: &Options) -> Result<Self, StartError> {
        let http = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().map_err(StartError::Client)?;
        let (authority, tenant_id) = (options.authority.clone(), options.tenant_id.clone());
        Ok(Self { http, authority, tenant_id, keys: Mutex::default() })
    }

    /// Refuses a request with these headers unless it may be answered.
    pub(crate) async fn check(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let token = entra_token(headers)?;
        let token = UnverifiedJwt::parse(&token).ok_or_else(|| unauthorized("The token is not a signed JWT."))?;
        let key = self.key(token.kid().unwrap_or_default()).await.map_err(|_| no_keys())?;
        let key = key.ok_or_else(|| unauthorized("The token's key is not one of the tenant's."))?;
        token.signed_by(&key).map_err(unauthorized)?;
        self.check_claims(&token)
    }

    async fn key(&self, kid: &str) -> reqwest::Result<Option<PublicKey>> {
        let mut keys = self.keys.lock().await;
        if !keys.iter().any(|key| key.kid == kid) {
            let discovery = format!("{}/{}/v2.0/.well-known/openid-configuration", self.authority, self.tenant_id);
            let get = async |url| self.http.get(url).send().await?.error_for_status();
            let discovery: Discovery = get(discovery).await?.json().await?;
            *keys = get(discovery.jwks_uri).await?.json::<Jwks>().await?.keys;
        }
        Ok(keys.iter().find(|key| key.kid == kid).cloned())
    }

    fn check_claims(&self, token: &UnverifiedJwt) -> Result<(), Refusal> {
        let audience = token.text("aud");
        if audience.strip_suffix('/').unwrap_or(audience) != AUDIENCE {
            return Err(unauthorized("The token's audience is not Cosmos."));
        }
        let issuer = format!("{}/{}/", self.authority, self.tenant_id);
        if token.text("iss") != issuer || token.text("tid") != self.tenant_id {
            return Err(unauthorized("The token is not of this tenant."));
        }
        if !token.in_time(Clock::default().unix(), SKEW) {
            return Err(unauthorized("The token has expired, or is not valid yet."));
        }
        match token.text("oid") {
            WORKLOAD_PRINCIPAL_ID => Ok(()),
            principal => Err(no_role(principal)),
        }
    }
}

/// The token in the `Authorization` header of Cosmos: `type=aad&ver=1.0&sig=TOKEN`, percent-encoded as a whole.
/// <https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources>
fn entra_token(headers: &HeaderMap) -> Result<String, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        let message = "Required Header authorization is missing. Ensure a valid Authorization token is passed.";
        return Err(unauthorized(message));
    };
    let value = percent_decode_str(value.to_str().unwrap_or_default()).decode_utf8().unwrap_or_default();
    match value.strip_prefix("type=aad&ver=1.0&sig=") {
        Some(token) => Ok(token.to_owned()),
        // The account takes no keys (`disableLocalAuth`), and Cosmos has a substatus for that.
        None if value.starts_with("type=master&") || value.starts_with("type=resource&") => {
            let message = "Local Authorization is disabled. Use an AAD token to authorize all requests.";
            Err(Box::new(answer::error(StatusCode::UNAUTHORIZED, Some(5202), "Unauthorized", message)))
        }
        None => Err(unauthorized("The input authorization token can't serve the request. Its format is wrong.")),
    }
}

fn unauthorized(message: &str) -> Refusal {
    Box::new(answer::error(StatusCode::UNAUTHORIZED, None, "Unauthorized", message))
}

fn no_role(principal: &str) -> Refusal {
    let message = format!(
        "Request blocked by Auth local : Request is blocked because principal [{principal}] does not have required \
         RBAC permissions to perform action on resource [/]. Learn more: https://aka.ms/cosmos-native-rbac."
    );
    Box::new(answer::error(StatusCode::FORBIDDEN, Some(5301), "Forbidden", &message))
}

fn no_keys() -> Refusal {
    let message = "The local Cosmos emulator cannot read the tenant's keys.";
    Box::new(answer::error(StatusCode::SERVICE_UNAVAILABLE, None, "ServiceUnavailable", message))
}
