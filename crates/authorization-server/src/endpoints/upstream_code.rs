//! The code of Entra: redeemed, or an error for the client.

use oauth_protocol::{
    authorization_response::AuthorizationErrorCode,
    callback_response::{CallbackOutcome, UpstreamError},
    secret::Secret,
};
use secrecy::SecretString;

use crate::{
    ground::Unavailable,
    server::AuthorizationServer,
    state::derived::{upstream_nonce, upstream_verifier},
    upstream::{SignedInUser, UpstreamRefusal},
};

impl AuthorizationServer {
    /// A service that is down is noticed while nothing is spent, so that the browser can come again.
    pub(crate) async fn ready_for(&self, outcome: &CallbackOutcome) -> Result<(), Unavailable> {
        self.check_keyring().await?;
        match outcome {
            CallbackOutcome::Code(_) => self.ports.upstream.ready().await,
            CallbackOutcome::Error(_) | CallbackOutcome::Malformed => Ok(()),
        }
    }

    pub(crate) async fn redeem_upstream(
        &self,
        outcome: &CallbackOutcome,
        browser: &Secret,
    ) -> Result<SignedInUser, NotRedeemed> {
        let code = match outcome {
            CallbackOutcome::Code(code) => code,
            CallbackOutcome::Error(error) => return Err(NotRedeemed::Error(error.clone())),
            CallbackOutcome::Malformed => return Err(NotRedeemed::Malformed),
        };
        let verifier = SecretString::from(upstream_verifier(browser).expose());
        let redeemed = self.ports.upstream.redeem(code, &verifier, &upstream_nonce(browser)).await;
        redeemed.map_err(NotRedeemed::Refused)
    }
}

/// Why no code of Entra was redeemed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRedeemed {
    /// Entra sent an error instead.
    #[error("{}", .0.code.as_str())]
    Error(UpstreamError),
    /// Entra sent neither, or both.
    #[error("no code")]
    Malformed,
    /// Entra did not accept it.
    #[error(transparent)]
    Refused(UpstreamRefusal),
}

impl NotRedeemed {
    /// The error for the client. Nobody else is told why, so it is logged.
    pub(crate) fn client_error(&self) -> AuthorizationErrorCode {
        match self {
            Self::Error(error) => upstream_error(error),
            Self::Malformed => AuthorizationErrorCode::ServerError,
            Self::Refused(refusal) => {
                let code = refusal_code(refusal);
                tracing::error!(counted = true, error = %refusal, answered = code.as_str(), "sign-in code not redeemed");
                code
            }
        }
    }
}

/// The client's error code for an error of Entra. Entra's description is never passed on.
fn upstream_error(error: &UpstreamError) -> AuthorizationErrorCode {
    tracing::info!(
        counted = true,
        upstream_error = error.code.as_str(),
        number = error.number,
        "sign-in ended with an error"
    );
    match error.code.as_str() {
        "access_denied" | "consent_required" | "interaction_required" | "login_required" => {
            AuthorizationErrorCode::AccessDenied
        }
        "temporarily_unavailable" => AuthorizationErrorCode::TemporarilyUnavailable,
        _ => AuthorizationErrorCode::ServerError,
    }
}

fn refusal_code(refusal: &UpstreamRefusal) -> AuthorizationErrorCode {
    match refusal {
        UpstreamRefusal::InteractionRequired { .. }
        | UpstreamRefusal::ConsentRequired { .. }
        | UpstreamRefusal::Blocked { .. } => AuthorizationErrorCode::AccessDenied,
        UpstreamRefusal::InvalidGrant { .. } | UpstreamRefusal::Refused { .. } => AuthorizationErrorCode::ServerError,
        UpstreamRefusal::Unavailable(_) => AuthorizationErrorCode::TemporarilyUnavailable,
    }
}
