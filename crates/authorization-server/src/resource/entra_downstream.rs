//! Tokens for an API on behalf of a user whose client showed a token of Entra: that token is the assertion.

use super::{downstream_error::DownstreamError, downstream_token::DownstreamToken, principal::Principal};
use crate::{
    server::AuthorizationServer,
    state::{api::ApiScopes, claims::Claims},
    upstream::{UpstreamBlock, UpstreamRefusal},
};

impl AuthorizationServer {
    /// Exchanges the principal's token. Nothing of a refusal is noted: the client, and not this server, signs its user in.
    pub(super) async fn exchange_for_client(
        &self,
        principal: &Principal,
        scopes: &ApiScopes,
        claims: Option<&Claims>,
    ) -> Result<DownstreamToken, DownstreamError> {
        let token = principal.entra_token().ok_or(DownstreamError::SignInAgain)?;
        match self.ports.upstream.on_behalf_of(&token.text, scopes, claims).await {
            Ok(answer) => Ok(answer.into()),
            Err(refusal) => {
                let application = &token.application;
                tracing::warn!(counted = true, error = %refusal, %application, "upstream gave no downstream token for a token of Entra");
                Err(refused(refusal, claims))
            }
        }
    }
}

fn refused(refusal: UpstreamRefusal, demanded_by_api: Option<&Claims>) -> DownstreamError {
    match refusal {
        UpstreamRefusal::InteractionRequired { claims: Some(claims), .. } => DownstreamError::ClaimsDemanded(claims),
        UpstreamRefusal::ConsentRequired { .. } => DownstreamError::NotConsented,
        UpstreamRefusal::InteractionRequired { claims: None, .. } | UpstreamRefusal::InvalidGrant { .. } => {
            demanded_by_api
                .map_or(DownstreamError::SignInAgain, |claims| DownstreamError::ClaimsDemanded(claims.clone()))
        }
        UpstreamRefusal::Blocked { .. } => DownstreamError::Blocked(UpstreamBlock::Policy),
        UpstreamRefusal::Refused { reason } => DownstreamError::Refused(reason),
        UpstreamRefusal::Unavailable(unavailable) => unavailable.into(),
    }
}
