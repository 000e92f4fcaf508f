//! Changes by an administrator of the tenant, and faults that stand.

use std::io;

use crate::faults::{Endpoint, Fault, FaultError};
use crate::{admin_consent, app_roles::AssignmentError, tenant::Tenant, users::User};

impl Tenant {
    /// Gives a user, by user principal name, these app roles and no others. Tokens that were issued keep theirs.
    pub fn assign_roles(&self, user: &str, roles: &[&str]) -> Result<(), AssignmentError> {
        self.sts.app_roles.assign(user, &roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>())
    }

    /// Whether only users with an app role get tokens and may sign in.
    pub fn require_assignment(&self, required: bool) {
        self.sts.app_roles.require_assignment(required);
    }

    /// Every request to an endpoint meets this fault from now on, until `None` ends it.
    pub fn stand(&self, endpoint: Endpoint, fault: Option<Fault>) -> Result<(), FaultError> {
        self.sts.faults.stand(endpoint, fault)
    }

    /// Returns once no more than this many are held: a request ends when its client is gone.
    pub async fn until_only_held(&self, requests: usize) {
        self.sts.faults.held.until(|held| held <= requests).await;
    }

    /// An administrator consents for everybody to what our app needs of Graph and of itself.
    pub fn consent_for_everybody(&self) -> io::Result<()> {
        admin_consent::give(&self.sts)
    }

    /// Ends the sessions of a user: tokens that were issued until now are refused.
    pub fn revoke_sessions(&self, user: &User) -> io::Result<()> {
        self.sts.state.revoke_sessions(user.oid, self.sts.clock.unix())
    }
}
