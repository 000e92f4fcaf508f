//! An application that calls with tokens of Entra, in the owner document.

use authorization_server::state::{
    entra_client::{EntraClient, Standing},
    preauthorized::ApplicationId,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Serialize, Deserialize)]
pub(super) struct EntraClientShape {
    application: ApplicationId,
    #[serde(with = "time::serde::timestamp")]
    since: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    last_called: OffsetDateTime,
    /// Without a time every token is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::serde::timestamp::milliseconds::option")]
    refused_at: Option<OffsetDateTime>,
    #[serde(default)]
    allowed_again: bool,
}

impl From<EntraClient> for EntraClientShape {
    fn from(EntraClient { application, since, last_called, standing }: EntraClient) -> Self {
        let (refused_at, allowed_again) = match standing {
            Standing::Accepted => (None, false),
            Standing::Refused(at) => (Some(at), false),
            Standing::AllowedAgain(at) => (Some(at), true),
        };
        Self { application, since, last_called, refused_at, allowed_again }
    }
}

impl From<EntraClientShape> for EntraClient {
    fn from(EntraClientShape { application, since, last_called, refused_at, allowed_again }: EntraClientShape) -> Self {
        let standing = match (refused_at, allowed_again) {
            (None, _) => Standing::Accepted,
            (Some(at), true) => Standing::AllowedAgain(at),
            (Some(at), false) => Standing::Refused(at),
        };
        Self { application, since, last_called, standing }
    }
}
