//! Which access tokens of Entra are accepted, and the principals that they make.

use oauth_protocol::scope::Scope;
use secrecy::SecretString;

use super::principal::{Credential, Principal, ReadRoles};
use crate::{
    entra_tokens::{EntraClaims, EntraTokenRefusal},
    ground::Unavailable,
    server::AuthorizationServer,
    state::{
        entra_token::EntraToken,
        preauthorized::{ApplicationId, PreauthorizedClients},
        roles::Roles,
        scopes,
    },
};

/// The delegated permission of our app registration that every token must have.
pub const ACCESS_AS_USER: &str = "access_as_user";
/// The client capability of an application that takes claims challenges.
const TAKES_CLAIMS_CHALLENGES: &str = "cp1";

/// Why a token makes no principal.
#[derive(Debug, thiserror::Error)]
pub enum EntraTokenError {
    /// It failed a check. The caller does not hear which.
    #[error("the access token is not valid")]
    Invalid,
    /// An application on the list acts for itself.
    #[error("the access token belongs to an application, and this server acts for users only")]
    NoUser,
    /// The store, the keyring or Entra is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl AuthorizationServer {
    /// The principal of an access token of Entra. Its owner may have refused its application.
    pub(super) async fn open_entra_token(&self, token: &SecretString) -> Result<Principal, EntraTokenError> {
        let Some(entra) = &self.entra_tokens else { return Err(EntraTokenError::Invalid) };
        match entra.verifier.verify(token).await {
            Ok(claims) => accepted(&entra.preauthorized, &claims, token),
            Err(EntraTokenRefusal::Invalid(reason)) => Err(invalid(&reason)),
            Err(EntraTokenRefusal::Unavailable(unavailable)) => Err(unavailable.into()),
        }
    }
}

fn invalid(reason: &str) -> EntraTokenError {
    tracing::debug!(counted = true, reason, "access token of Entra refused");
    EntraTokenError::Invalid
}

/// The scope comes from the token alone. The consent that a user gave to another client never counts.
fn accepted(
    preauthorized: &PreauthorizedClients,
    claims: &EntraClaims,
    token: &SecretString,
) -> Result<Principal, EntraTokenError> {
    let application = claims.azp.as_deref().and_then(ApplicationId::parse);
    let listed = application.filter(|application| preauthorized.accepts(application, claims.is_confidential));
    let application = listed.ok_or_else(|| invalid("its application is not on the list, or is public"))?;
    let Some(permissions) = &claims.scp else {
        let is_apps = claims.idtyp.as_deref().is_none_or(|kind| kind == "app");
        return Err(if is_apps { EntraTokenError::NoUser } else { invalid("no scp") });
    };
    if claims.idtyp.as_deref().is_some_and(|kind| kind != "user") {
        return Err(invalid("scp of an application"));
    }
    let scope = scope(permissions).ok_or_else(|| invalid("access_as_user is not in scp"))?;
    Ok(Principal {
        owner: claims.subject.owner_key(),
        client: application.client(),
        scope,
        expires_at: claims.expires_at,
        credential: Credential::Entra(EntraToken {
            text: token.clone(),
            application,
            issued_at: claims.issued_at,
            takes_claims_challenges: claims
                .capabilities
                .iter()
                .any(|other| other.eq_ignore_ascii_case(TAKES_CLAIMS_CHALLENGES)),
            roles: Roles::until(claims.roles.iter().map(String::as_str), claims.expires_at),
        }),
        roles: ReadRoles::default(),
    })
}

/// `access_as_user` stands for the first scope of the table. Each other one is a permission of its own.
fn scope(permissions: &str) -> Option<Scope> {
    let has = |name: &str| permissions.split(' ').any(|permission| permission == name);
    let first = scopes::first();
    let others = scopes::PERMISSIONS.iter().map(|row| row.name).filter(|name| !first.contains(name) && has(name));
    has(ACCESS_AS_USER).then(|| first.union(&Scope::parse(&others.collect::<Vec<_>>().join(" ")).unwrap_or_default()))
}
