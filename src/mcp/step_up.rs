//! Whether a call needs a wider scope than its access token has, or further claims. It is decided before the call is dispatched,
//! so that a client can be asked to step up (MCP 2025-11-25, "Scope Challenge Handling").

use authorization_server::{resource::authenticate::Principal, state::claims::Claims};
use oauth_protocol::scope::Scope;
use rmcp::model::{ProtocolVersion, RequestId};

use super::{envelope::Envelope, service::Server};
use crate::graph::Freshness;

/// The scope that a client has to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeDemand {
    /// Every scope that it has to ask for: those of its access token, and those that the tool needs.
    pub scope: Scope,
    /// The id of its request; `None` if that is one of a batch, which is refused as a whole.
    pub id: Option<RequestId>,
}

/// The demand, if the message is a request that calls a tool for which the principal's access token is not enough.
pub(super) async fn demand(server: &Server, principal: &Principal, message: &Envelope) -> Option<ScopeDemand> {
    let (tool, id) = message.called_tool().zip(message.id.clone())?;
    Some(ScopeDemand { scope: server.needed_scope(tool, principal).await?, id: Some(id) })
}

/// The claims with which a client has to get another token from Entra.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimsDemand {
    /// The claims.
    pub claims: Claims,
    /// The scope of its token.
    pub scope: Scope,
    /// The id of its request; `None` if that is one of a batch, which is refused as a whole.
    pub id: Option<RequestId>,
}

/// The demand, if the message calls a tool for which the token lacks claims that the principal's client got from Entra, and the
/// client can answer it.
pub(super) async fn demanded_claims(
    server: &Server,
    principal: &Principal,
    message: &Envelope,
    notes: Freshness,
) -> Option<ClaimsDemand> {
    principal.entra_token().filter(|token| token.takes_claims_challenges)?;
    let claims = server.demanded_claims(message.called_tool()?, principal, notes).await?;
    Some(ClaimsDemand { claims, scope: principal.scope.clone(), id: message.id.clone() })
}

/// Whether a client of this revision can step up: the first one that says how is 2025-11-25.
pub(super) fn is_known_to(revision: &ProtocolVersion) -> bool {
    *revision >= ProtocolVersion::V_2025_11_25
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_the_revisions_that_describe_it_can_step_up() {
        let known: Vec<_> = ProtocolVersion::KNOWN_VERSIONS.iter().filter(|version| is_known_to(version)).collect();
        assert_eq!(known, [&ProtocolVersion::V_2025_11_25, &ProtocolVersion::V_2026_07_28]);
    }
}
