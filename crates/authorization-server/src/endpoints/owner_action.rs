//! The actions of an owner on the page of connections.

use crate::{ground::Id, state::preauthorized::ApplicationId};

/// A button of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnerAction {
    /// Sign in.
    SignIn,
    /// Withdraw the consent to one client.
    Withdraw(Id),
    /// Withdraw the consent to every client that cannot be told from this one.
    WithdrawApplication(Id),
    /// Withdraw the consent to all clients.
    WithdrawAll,
    /// Refuse the tokens that Entra issues to an application.
    RefuseEntraClient(ApplicationId),
    /// Accept them again.
    AllowEntraClient(ApplicationId),
    /// Forget the denials that this browser remembers.
    ForgetDenials,
    /// Sign out.
    SignOut,
}

/// The form of the page.
pub struct OwnerSubmission<'a> {
    /// The button; `None` if the page has no such button.
    pub action: Option<OwnerAction>,
    /// The double-submit token of the session.
    pub csrf: &'a str,
}
