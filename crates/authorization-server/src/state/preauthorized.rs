//! The operator's list of applications that get their tokens from Entra themselves.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::ground::{Id, guid};

/// The application (client) id of an app registration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApplicationId(String);

impl ApplicationId {
    /// Reads a GUID, in any case; `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        guid(text).map(Self)
    }

    /// In lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The client in streams, limits and logs: the first 128 bits of SHA-256("entra-application|" ‖ id). No registered client and
    /// none with a metadata document has such an id.
    #[must_use]
    pub fn client(&self) -> Id {
        Id::sha256_of(&format!("entra-application|{}", self.0))
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ApplicationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ApplicationId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not an application id"))
    }
}

/// The applications whose tokens of Entra are accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreauthorizedClients(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    application: ApplicationId,
    /// Also a token for which the application did not authenticate itself.
    may_be_public: bool,
}

/// Why a list cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreauthorizedClientsError {
    /// Neither `id` nor `id:public`.
    #[error("has the member {0}, which is not an application id, with or without :public behind it")]
    Malformed(String),
    /// Twice in the list.
    #[error("names the application {0} twice")]
    Repeated(ApplicationId),
    /// A token that this server got for itself would be accepted from a client.
    #[error("names {0}, which is this server's own application (ENTRA_CLIENT_ID)")]
    Own(ApplicationId),
}

impl PreauthorizedClients {
    /// Reads a list by commas or spaces, of which no member is our own application.
    pub fn parse(list: &str, own: Option<&str>) -> Result<Self, PreauthorizedClientsError> {
        let mut entries: Vec<Entry> = Vec::new();
        for member in list.split([',', ' ']).filter(|member| !member.is_empty()) {
            let malformed = || PreauthorizedClientsError::Malformed(member.to_owned());
            let entry = Entry::parse(member).ok_or_else(malformed)?;
            if own == Some(entry.application.as_str()) {
                return Err(PreauthorizedClientsError::Own(entry.application));
            }
            if entries.iter().any(|other| other.application == entry.application) {
                return Err(PreauthorizedClientsError::Repeated(entry.application));
            }
            entries.push(entry);
        }
        Ok(Self(entries))
    }

    /// Whether no application is named, so that every token of Entra is refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The applications.
    pub fn applications(&self) -> impl Iterator<Item = &ApplicationId> {
        self.0.iter().map(|entry| &entry.application)
    }

    /// Whether a token of this application is accepted, that authenticated itself for it or did not.
    #[must_use]
    pub fn accepts(&self, application: &ApplicationId, is_confidential: bool) -> bool {
        let entry = self.0.iter().find(|entry| entry.application == *application);
        entry.is_some_and(|entry| is_confidential || entry.may_be_public)
    }
}

impl Entry {
    fn parse(member: &str) -> Option<Self> {
        let (id, may_be_public) = match member.strip_suffix(":public") {
            Some(id) => (id, true),
            None => (member, false),
        };
        Some(Self { application: ApplicationId::parse(id)?, may_be_public })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::client::ClientId;

    const CONFIDENTIAL: &str = "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5";
    const PUBLIC: &str = "aebc6443-996d-45c2-90f0-388ff96faa56";
    const OWN: &str = "1c672d02-ee2b-48b1-9f0d-7d4b86a8214e";

    fn parsed(list: &str) -> Result<PreauthorizedClients, PreauthorizedClientsError> {
        PreauthorizedClients::parse(list, Some(OWN))
    }

    fn id(text: &str) -> ApplicationId {
        ApplicationId::parse(text).unwrap()
    }

    #[test]
    fn an_application_is_shown_by_its_id_in_lower_case() {
        assert_eq!(id(&PUBLIC.to_uppercase()).to_string(), PUBLIC);
    }

    #[test]
    fn only_an_entry_that_says_so_accepts_a_public_client() {
        let clients = parsed(&format!("{CONFIDENTIAL}, {}:public", PUBLIC.to_uppercase())).unwrap();
        for (application, is_confidential, expected) in [
            (CONFIDENTIAL, true, true),
            (CONFIDENTIAL, false, false),
            (PUBLIC, true, true),
            (PUBLIC, false, true),
            (OWN, true, false),
        ] {
            assert_eq!(clients.accepts(&id(application), is_confidential), expected, "{application} {is_confidential}");
        }
        assert_eq!(clients.applications().map(ApplicationId::as_str).collect::<Vec<_>>(), [CONFIDENTIAL, PUBLIC]);
    }

    #[test]
    fn an_empty_list_accepts_nobody() {
        for list in ["", " ", ","] {
            assert!(parsed(list).unwrap().is_empty(), "{list:?}");
        }
    }

    #[test]
    fn a_member_that_is_no_id_is_named() {
        for member in ["vscode", "*", &format!("{PUBLIC}:Public"), &format!("{PUBLIC}:"), ":public", &PUBLIC[1..]] {
            let expected = PreauthorizedClientsError::Malformed(member.to_owned());
            assert_eq!(parsed(&format!("{CONFIDENTIAL},{member}")), Err(expected), "{member}");
        }
    }

    #[test]
    fn our_own_application_and_a_repeated_one_are_refused() {
        for own in [OWN.to_owned(), format!("{}:public", OWN.to_uppercase())] {
            assert_eq!(parsed(&own), Err(PreauthorizedClientsError::Own(id(OWN))));
        }
        let twice = format!("{PUBLIC} {PUBLIC}:public");
        assert_eq!(parsed(&twice), Err(PreauthorizedClientsError::Repeated(id(PUBLIC))));
    }

    #[test]
    fn an_application_is_one_client_in_whatever_case_its_id_is_written() {
        assert_eq!(id(PUBLIC).client(), id(&PUBLIC.to_uppercase()).client());
        assert_ne!(id(PUBLIC).client(), id(CONFIDENTIAL).client());
    }

    #[test]
    fn an_application_has_the_key_of_no_document() {
        let document = |url: &str| ClientId::parse(url).unwrap().key();
        for other in [
            document(&format!("https://client.example/{PUBLIC}")),
            document(&format!("https://client.example/entra-application|{PUBLIC}")),
            Id::hash_of(&[PUBLIC]),
            Id::hash_of(&[&format!("entra-application|{PUBLIC}")]),
        ] {
            assert_ne!(id(PUBLIC).client(), other);
        }
        assert_eq!(ClientId::parse(&format!("entra-application|{PUBLIC}")), None, "what is hashed is no client_id");
    }
}
