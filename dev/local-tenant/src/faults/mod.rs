//! Faults that a test asks for: the next requests to one endpoint fail, wait, are throttled, or are asked for claims.

pub(crate) mod control;
mod held;
pub(crate) mod inject;
mod outage;

use std::sync::Mutex;

use serde::Deserialize;
use serde_json::{Map, Value};
use stand_in::lock;

use self::held::HeldRequests;
use crate::aadsts;

/// The endpoints at which faults strike, and the two services that most of them belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// All of Entra: the sign-in page, the token endpoint, the keys and the discovery document.
    Entra,
    /// Every path of Graph.
    Graph,
    /// The token endpoint, `grant_type=authorization_code`.
    AuthorizationCode,
    /// The token endpoint, `grant_type=refresh_token`.
    RefreshToken,
    /// The token endpoint, `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer`.
    OnBehalfOf,
    /// The key set.
    Keys,
    /// The App Service identity endpoint.
    Identity,
    /// Graph's `/v1.0/me`.
    GraphMe,
    /// The second API's `/contoso/orders`.
    Orders,
    /// Key Vault: reading the key.
    KeyGet,
    /// Key Vault: wrapKey.
    KeyWrap,
    /// Key Vault: unwrapKey.
    KeyUnwrap,
}

/// The kinds of faults.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// This status and body (JSON, or else HTML) are the answer.
    Status {
        /// HTTP status, 200 to 599.
        status: u16,
        /// Sent as it is.
        #[serde(default)]
        body: String,
    },
    /// Entra refuses with this number.
    Aadsts {
        /// One that this tenant knows.
        number: u32,
        /// Instead of the one that Entra sends with the number.
        #[serde(default)]
        suberror: Option<String>,
        /// A claims challenge: a JSON object as text.
        #[serde(default)]
        claims: Option<String>,
    },
    /// More is demanded of the user: `interaction_required` at the token endpoint, `insufficient_claims` at an API.
    Claims {
        /// The challenge: a JSON object as text.
        claims: String,
    },
    /// 429.
    Throttled {
        /// `Retry-After`, in seconds; without it the header is absent.
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// The answer is right and late.
    Slow {
        /// By this.
        milliseconds: u64,
    },
    /// The request waits until it is released, and is answered rightly then.
    Held,
    /// The connection is closed before anything happened.
    Dropped,
    /// Everything happens, and the connection is closed before the answer.
    AnswerLost,
}

/// Why a fault cannot be had.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// Not in this tenant's catalogue.
    #[error("AADSTS{0} is not implemented")]
    UnknownNumber(u32),
    /// Not an error.
    #[error("{0} is not a status from 200 to 599")]
    Status(u16),
    /// Not what a challenge looks like.
    #[error("claims must be a JSON object with the object access_token")]
    Claims,
    /// It would never answer that.
    #[error("{0:?} does not answer that")]
    Endpoint(Endpoint),
}

struct Planned {
    endpoint: Endpoint,
    times: usize,
    fault: Fault,
}

/// The planned faults, and the requests that are held.
pub(crate) struct Faults {
    pub(crate) control_token: String,
    planned: Mutex<Vec<Planned>>,
    demanded: Mutex<Map<String, Value>>,
    pub(crate) held: HeldRequests,
}

impl Faults {
    pub(crate) fn new(control_token: String) -> Self {
        Self { control_token, planned: Mutex::default(), demanded: Mutex::default(), held: HeldRequests::default() }
    }

    pub(crate) fn plan(&self, endpoint: Endpoint, times: usize, fault: Fault) -> Result<(), FaultError> {
        fault.check(endpoint)?;
        lock(&self.planned).push(Planned { endpoint, times, fault });
        Ok(())
    }

    /// Takes the fault of the next request to an endpoint.
    pub(crate) fn take(&self, endpoint: Endpoint) -> Option<Fault> {
        let mut planned = lock(&self.planned);
        planned.retain(|planned| planned.times > 0);
        let next = planned.iter_mut().find(|planned| planned.endpoint.covers(endpoint))?;
        next.times -= 1;
        Some(next.fault.clone())
    }

    /// Nothing more goes wrong, and nothing waits.
    pub(crate) fn clear(&self) {
        lock(&self.planned).clear();
        self.release();
    }

    pub(crate) fn release(&self) {
        self.held.release();
    }

    fn demand(&self, claims: &str) {
        lock(&self.demanded).extend(access_token_claims(claims).unwrap_or_default());
    }

    /// The access token claims of all challenges so far. A request that brings them is honoured.
    pub(crate) fn demanded(&self) -> Map<String, Value> {
        lock(&self.demanded).clone()
    }
}

fn access_token_claims(claims: &str) -> Option<Map<String, Value>> {
    let claims: Map<String, Value> = serde_json::from_str(claims).ok()?;
    claims.get("access_token")?.as_object().cloned()
}

impl Fault {
    fn check(&self, endpoint: Endpoint) -> Result<(), FaultError> {
        let (entra, demanding) = (
            endpoint.is_oauth() || endpoint == Endpoint::Keys,
            endpoint.is_oauth() || endpoint.is_graph() || endpoint == Endpoint::Orders,
        );
        let claims = match self {
            Self::Status { status, .. } if !(200..600).contains(status) => return Err(FaultError::Status(*status)),
            Self::Aadsts { .. } if !entra => return Err(FaultError::Endpoint(endpoint)),
            Self::Aadsts { number, .. } if aadsts::by_number(*number).is_none() => {
                return Err(FaultError::UnknownNumber(*number));
            }
            Self::Aadsts { claims, .. } => claims.as_deref(),
            Self::Claims { claims } => Some(claims.as_str()),
            _ => None,
        };
        match claims {
            Some(_) if !demanding => Err(FaultError::Endpoint(endpoint)),
            Some(claims) if access_token_claims(claims).is_none() => Err(FaultError::Claims),
            _ => Ok(()),
        }
    }
}
