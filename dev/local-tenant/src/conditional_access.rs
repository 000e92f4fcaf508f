//! Conditional Access: one policy, which demands a second factor for Microsoft Graph, and is off until somebody turns it on.
//!
//! The sign-in to the middle tier does not meet it, because the policy is of Graph alone; the exchange does. Its refusal names
//! the policy in `claims`, and the authorization request that brings them asks the user for the second factor.
//! <https://learn.microsoft.com/entra/identity-platform/v2-conditional-access-dev-guide#scenario-app-performing-the-on-behalf-of-flow>

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use serde_json::{Value, json};

use crate::aadsts::{MFA_REQUIRED, Refusal};
use crate::{registration::GRAPH_APP_ID, scopes::Resource};

/// The policy's id.
const POLICY: &str = "5b7e2a4c-3d21-4f0a-9c58-6a1f4e0d7b93";
/// The claim that asks for the policies of this list to be met.
pub(crate) const CLAIM: &str = "capolids";

/// Whether the policy is on.
#[derive(Default)]
pub(crate) struct ConditionalAccess {
    second_factor: AtomicBool,
    /// Seconds since 1970; 0 for never.
    graph_tokens_ended_at: AtomicI64,
}

impl ConditionalAccess {
    /// Turns the policy on or off.
    pub(crate) fn require_second_factor(&self, required: bool) {
        self.second_factor.store(required, Ordering::Relaxed);
    }

    /// Whether it is on.
    pub(crate) fn requires_second_factor(&self) -> bool {
        self.second_factor.load(Ordering::Relaxed)
    }

    /// The tokens for Graph that were issued until now are taken for expired, so that the next call needs an exchange.
    pub(crate) fn end_graph_tokens(&self, now: i64) {
        self.graph_tokens_ended_at.store(now, Ordering::Relaxed);
    }

    /// When they were ended last, in seconds since 1970.
    pub(crate) fn graph_tokens_ended_at(&self) -> Option<i64> {
        Some(self.graph_tokens_ended_at.load(Ordering::Relaxed)).filter(|at| *at != 0)
    }

    /// Refuses a token for Graph to a user who signed in without the second factor.
    pub(crate) fn check(&self, resource: Resource, second_factor: bool) -> Result<(), Refusal> {
        if resource != Resource::Graph || second_factor || !self.requires_second_factor() {
            return Ok(());
        }
        let mut refusal = MFA_REQUIRED.with(&[GRAPH_APP_ID]);
        refusal.claims = Some(json!({ "access_token": { CLAIM: demand() } }).to_string());
        Err(refusal)
    }
}

/// The value of the claim.
fn demand() -> Value {
    json!({ "essential": true, "values": [POLICY] })
}

/// Whether the claim's value names the policy.
pub(crate) fn is_demanded(value: &Value) -> bool {
    *value == demand()
}
