//! Client metadata (RFC 7591 §2): what a client says of itself when it registers.

mod members;
mod name;

use self::members::Member;
pub(crate) use self::members::Members;
use crate::{
    issuer::BaseUrl,
    redirect_uri::{PrivateUseSchemes, RedirectUri, RedirectUriError},
    scope::Scope,
};

const MAX_REDIRECT_URIS: usize = 32;

/// RFC 7591 §2, RFC 7523 and RFC 8705 §2: whichever is asked for, `none` is granted.
const AUTH_METHODS: [&str; 7] = [
    "none",
    "client_secret_post",
    "client_secret_basic",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
];

/// Members that are not used, but whose type RFC 7591 §2 gives.
const UNUSED_STRING_MEMBERS: [&str; 6] =
    ["client_uri", "logo_uri", "tos_uri", "policy_uri", "software_id", "software_version"];

/// The members of a registration request that are used. All others are ignored.
#[derive(Clone, Debug)]
pub struct ClientMetadata {
    /// `redirect_uris`: at least one.
    pub redirect_uris: Vec<RedirectUri>,
    /// `client_name`, without control and bidirectional characters, cut to a displayable length. Anyone can claim it.
    pub client_name: Option<String>,
    /// `scope`: what the client may ask for, in its own words.
    pub scope: Option<Scope>,
}

/// RFC 7591 §3.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// `invalid_redirect_uri`.
    #[error("invalid redirect URI: {0}")]
    InvalidRedirectUri(&'static str),
    /// `invalid_client_metadata`.
    #[error("invalid client metadata: {0}")]
    InvalidClientMetadata(&'static str),
}

impl RegistrationError {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRedirectUri(_) => "invalid_redirect_uri",
            Self::InvalidClientMetadata(_) => "invalid_client_metadata",
        }
    }

    /// `error_description`.
    #[must_use]
    pub fn description(&self) -> &'static str {
        match self {
            Self::InvalidRedirectUri(description) | Self::InvalidClientMetadata(description) => description,
        }
    }
}

impl ClientMetadata {
    /// Reads the body. Unknown members are ignored (RFC 7591 §2), known ones must be of their type; null is absent.
    pub fn from_json(body: &[u8], schemes: &PrivateUseSchemes, base: &BaseUrl) -> Result<Self, RegistrationError> {
        let members = Members::from_json(body)
            .ok_or(RegistrationError::InvalidClientMetadata("the body is not a JSON object"))?;
        check_auth_method(&members)?;
        Self::of_members(&members, schemes, base)
    }

    pub(crate) fn of_members(
        members: &Members,
        schemes: &PrivateUseSchemes,
        base: &BaseUrl,
    ) -> Result<Self, RegistrationError> {
        let redirect_uris = redirect_uris(members, schemes, base)?;
        check_flow(members)?;
        check_unused(members)?;
        let client_name = string(members, "client_name", "client_name must be a string")?.and_then(name::cleaned);
        Ok(Self { redirect_uris, client_name, scope: scope(members)? })
    }
}

/// The redirect URIs that are registered. One whose private-use scheme is not allowed is left out if another one is there: the
/// client can do without it. Anything else that is wrong with one of them refuses all.
fn redirect_uris(
    members: &Members,
    schemes: &PrivateUseSchemes,
    base: &BaseUrl,
) -> Result<Vec<RedirectUri>, RegistrationError> {
    let refused = RegistrationError::InvalidRedirectUri;
    let wanted =
        strings(members, "redirect_uris").map_err(|NotStrings| refused("redirect_uris must be an array of strings"))?;
    let wanted = wanted.filter(|uris| !uris.is_empty()).ok_or(refused("redirect_uris must name at least one URI"))?;
    if wanted.len() > MAX_REDIRECT_URIS {
        return Err(refused("redirect_uris must not name more than 32 URIs"));
    }
    let (mut kept, mut left_out) = (Vec::new(), None);
    for uri in wanted {
        match RedirectUri::parse(uri, schemes, base) {
            Ok(uri) => kept.push(uri),
            Err(error @ RedirectUriError::PrivateUseScheme) => left_out = Some(error),
            Err(error) => return Err(refused(error.description())),
        }
    }
    match left_out {
        Some(error) if kept.is_empty() => Err(refused(error.description())),
        _ => Ok(kept),
    }
}

/// RFC 7591 §2.1: a client that wants only other grants or response types cannot be served.
fn check_flow(members: &Members) -> Result<(), RegistrationError> {
    let refused = RegistrationError::InvalidClientMetadata;
    let lacks = |member, needed| {
        let values = strings(members, member)
            .map_err(|NotStrings| refused("grant_types and response_types must be arrays of strings"))?;
        Ok(values.is_some_and(|values| !values.contains(&needed)))
    };
    if lacks("grant_types", "authorization_code")? {
        return Err(refused("grant_types must contain authorization_code"));
    }
    if lacks("response_types", "code")? {
        return Err(refused("response_types must contain code"));
    }
    Ok(())
}

fn check_auth_method(members: &Members) -> Result<(), RegistrationError> {
    match auth_method(members)? {
        Some(method) if !AUTH_METHODS.contains(&method) => {
            Err(RegistrationError::InvalidClientMetadata("token_endpoint_auth_method is unknown"))
        }
        _ => Ok(()),
    }
}

pub(crate) fn auth_method(members: &Members) -> Result<Option<&str>, RegistrationError> {
    string(members, "token_endpoint_auth_method", "token_endpoint_auth_method must be a string")
}

fn scope(members: &Members) -> Result<Option<Scope>, RegistrationError> {
    let text = string(members, "scope", "scope must be a string")?;
    let malformed = RegistrationError::InvalidClientMetadata("scope has a character that is not allowed");
    text.map(Scope::parse).transpose().map_err(|_| malformed)
}

fn check_unused(members: &Members) -> Result<(), RegistrationError> {
    for member in UNUSED_STRING_MEMBERS {
        string(members, member, "a member that must be a string is not")?;
    }
    let contacts = strings(members, "contacts");
    contacts
        .map(drop)
        .map_err(|NotStrings| RegistrationError::InvalidClientMetadata("contacts must be an array of strings"))
}

pub(crate) fn string<'a>(
    members: &'a Members,
    name: &str,
    otherwise: &'static str,
) -> Result<Option<&'a str>, RegistrationError> {
    match members.get(name) {
        None => Ok(None),
        Some(Member::Text(text)) => Ok(Some(text)),
        Some(_) => Err(RegistrationError::InvalidClientMetadata(otherwise)),
    }
}

pub(crate) struct NotStrings;

pub(crate) fn strings<'a>(members: &'a Members, name: &str) -> Result<Option<Vec<&'a str>>, NotStrings> {
    match members.get(name) {
        None => Ok(None),
        Some(Member::Texts(texts)) => Ok(Some(texts.iter().map(String::as_str).collect())),
        Some(_) => Err(NotStrings),
    }
}

#[cfg(test)]
mod tests;
