//! The credential of a principal in a sealed event.

use authorization_server::{
    ground::{GrantKey, Id},
    resource::authenticate::Credential,
    state::{entra_token::EntraToken, preauthorized::ApplicationId, roles::Roles},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

/// An owner, and the credential by which a client may act for that owner.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum SealedCredential {
    Grant {
        grant: GrantKey,
        /// 0, which is no generation, in an event of an earlier release.
        #[serde(default)]
        generation: u32,
    },
    Entra {
        owner: Id,
        entra_token: SealedToken,
    },
}

/// A token of Entra. The event is the only place outside of memory where one is.
#[derive(Serialize, Deserialize)]
pub(super) struct SealedToken {
    #[serde(serialize_with = "expose", deserialize_with = "secret")]
    text: SecretString,
    application: ApplicationId,
    #[serde(with = "time::serde::timestamp")]
    issued_at: OffsetDateTime,
    takes_claims_challenges: bool,
    roles: Vec<String>,
    #[serde(with = "time::serde::timestamp")]
    roles_end: OffsetDateTime,
}

impl SealedCredential {
    /// The credential of a principal of this owner.
    pub(super) fn of(owner: Id, credential: &Credential) -> Self {
        match credential {
            Credential::Grant { id, generation } => {
                Self::Grant { grant: GrantKey { owner, grant: *id }, generation: *generation }
            }
            Credential::Entra(token) => Self::Entra { owner, entra_token: token.into() },
        }
    }

    /// The owner and the credential.
    pub(super) fn into_parts(self) -> (Id, Credential) {
        match self {
            Self::Grant { grant: GrantKey { owner, grant: id }, generation } => {
                (owner, Credential::Grant { id, generation })
            }
            Self::Entra { owner, entra_token } => (owner, Credential::Entra(entra_token.into())),
        }
    }
}

impl From<&EntraToken> for SealedToken {
    fn from(token: &EntraToken) -> Self {
        let EntraToken { text, application, issued_at, takes_claims_challenges, roles } = token.clone();
        let (roles, roles_end) = (roles.values().map(str::to_owned).collect(), roles.end());
        Self { text, application, issued_at, takes_claims_challenges, roles, roles_end }
    }
}

impl From<SealedToken> for EntraToken {
    fn from(token: SealedToken) -> Self {
        let SealedToken { text, application, issued_at, takes_claims_challenges, roles, roles_end } = token;
        let roles = Roles::until(roles.iter().map(String::as_str), roles_end);
        Self { text, application, issued_at, takes_claims_challenges, roles }
    }
}

fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    Ok(String::deserialize(deserializer)?.into())
}
