//! Access tokens (RFC 6750): our own claims, sealed; opened offline, believed only while the grant stands.

use oauth_protocol::scope::Scope;
use serde::{Deserialize, Serialize};

use crate::ground::{GrantKey, Id};

/// What an access token says.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccessToken {
    /// The issuer and audience: this deployment.
    pub aud: String,
    /// The client it was issued to.
    pub client: Id,
    /// The grant.
    pub grant: GrantKey,
    /// The grant's version at issue.
    pub version: u32,
    /// The refresh-token generation at issue.
    pub generation: u32,
    /// What it allows.
    pub scope: Scope,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Expires at, Unix seconds.
    pub exp: i64,
}
