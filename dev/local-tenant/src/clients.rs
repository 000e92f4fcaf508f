//! The app registrations of the tenant that sign users in: our app, and two that call it with tokens of their own.
//!
//! Both of them are pre-authorised for our app's `access_as_user`, as Bicep does for the ids of `PREAUTHORIZED_CLIENT_IDS`.

use crate::aadsts::{APP_UNKNOWN, GRANT_INVALID, GRANT_TYPE_UNSUPPORTED, MALFORMED, REDIRECT_URI_MISMATCH, Refusal};
use crate::registration::{APP_NAME, CLIENT_ID, TENANT_ID};
use crate::scopes::Resource;

/// A registration that signs users in.
#[derive(Debug, PartialEq, Eq)]
pub struct Client {
    /// Application (client) id.
    pub client_id: &'static str,
    /// Its name on the sign-in page and in refusals.
    pub name: &'static str,
    /// Its secret. Our app has a federated credential instead, and a public client has none.
    pub secret: Option<&'static str>,
    /// Its one redirect URI. Those of our app are an option of the start.
    pub redirect_uri: &'static str,
}

/// Our app.
pub(crate) static OWN: Client = Client { client_id: CLIENT_ID, name: APP_NAME, secret: None, redirect_uri: "" };
/// A web app, which authenticates itself.
pub static WEB_CLIENT: Client = Client {
    client_id: "3f0d5a52-77b4-4d0c-9f52-0b8f2d1c6a11",
    name: "Contoso Assistant",
    secret: Some("the secret of Contoso Assistant"),
    redirect_uri: "http://localhost/assistant/signed-in",
};
/// A desktop app: a public client.
pub static DESKTOP_CLIENT: Client = Client {
    client_id: "8a6e1d0b-2c64-4b8e-8d0f-5e3b7a9c4f22",
    name: "Contoso Desktop",
    secret: None,
    redirect_uri: "http://localhost/desktop/signed-in",
};

static ALL: [&Client; 3] = [&OWN, &WEB_CLIENT, &DESKTOP_CLIENT];

/// In place of a user: consent for the tenant.
pub(crate) const EVERYBODY: &str = "everybody";

impl Client {
    pub(crate) fn is_own(&self) -> bool {
        self.client_id == CLIENT_ID
    }

    /// `azpacr`: how it authenticates itself.
    pub(crate) fn authentication(&self) -> &'static str {
        match self.secret {
            _ if self.is_own() => "2",
            Some(_) => "1",
            None => "0",
        }
    }

    /// Compared byte by byte with those that are registered; those of our app are an option of the start.
    pub(crate) fn redirects_to(&self, redirect_uri: &str, of_own: &[String]) -> Result<String, Refusal> {
        let is_registered = if self.is_own() {
            of_own.iter().any(|known| known == redirect_uri)
        } else {
            self.redirect_uri == redirect_uri
        };
        let refused = || REDIRECT_URI_MISMATCH.with(&[redirect_uri, self.client_id]);
        is_registered.then(|| redirect_uri.to_owned()).ok_or_else(refused)
    }

    /// The two other apps need tokens for our app, and get no others.
    pub(crate) fn may_ask_for(&self, resource: Resource) -> Result<(), Refusal> {
        if self.is_own() || resource == Resource::App {
            Ok(())
        } else {
            Err(MALFORMED.with(&["tokens of other resources are not implemented for this app"]))
        }
    }

    /// A code is good for the app that it was issued to.
    pub(crate) fn check(&self, issued_to: &Self) -> Result<(), Refusal> {
        if self == issued_to { Ok(()) } else { Err(GRANT_INVALID.with(&["code"])) }
    }

    /// Only our app acts on behalf of users.
    pub(crate) fn may_exchange(&self) -> Result<(), Refusal> {
        if self.is_own() { Ok(()) } else { Err(GRANT_TYPE_UNSUPPORTED.with(&["on-behalf-of of this app"])) }
    }

    /// Under which the consents of a user to this app are kept.
    pub(crate) fn consents_of(&self, oid: &str) -> String {
        if self.is_own() { oid.to_owned() } else { format!("{oid} {}", self.client_id) }
    }
}

/// The registration with this id.
pub(crate) fn find(client_id: &str) -> Result<&'static Client, Refusal> {
    let found = ALL.into_iter().find(|client| client.client_id.eq_ignore_ascii_case(client_id));
    found.ok_or_else(|| APP_UNKNOWN.with(&[client_id, TENANT_ID]))
}
