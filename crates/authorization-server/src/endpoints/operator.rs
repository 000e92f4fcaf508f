//! `/operator`: an operator sees the applications, blocks them, and ends grants.

use std::cmp::Reverse;

use super::{
    answer::{Answer, Next, Redirect},
    operator_decision::OperatorDecisionError,
    pages::{ListedApplication, ListedEntraApplication, OperatorPage, Page},
    visitor::{ForeignForm, FormSender},
};
use crate::{
    ground::{EventName, Id, RecordPage, Sealed, Subject, Unavailable},
    server::AuthorizationServer,
    state::{
        blocks::{BlockTarget, Blocks},
        client::Client,
        cookies::{CookieName, Cookies},
        operator_record::OperatorDecision,
        operator_session::{ListPlace, OperatorSession},
        owner_session::OwnPage,
        preauthorized::ApplicationId,
    },
};

/// A button of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OperatorAction {
    /// Sign in.
    SignIn,
    /// Sign out.
    SignOut,
    /// Block applications.
    Block(BlockTarget),
    /// Lift a block.
    Unblock(BlockTarget),
    /// End every grant of applications.
    EndApplication(BlockTarget),
    /// End every grant of the user with this object id.
    EndUser(String),
}

/// The form of the page.
pub struct OperatorSubmission<'a> {
    /// The button; `None` if the page has no such button.
    pub action: Option<OperatorAction>,
    /// The id of the form.
    pub form: Option<Id>,
    /// The double-submit token of that form.
    pub csrf: &'a str,
}

/// Why a click does not count.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.reason().unwrap_or_default())]
pub enum OperatorError {
    /// The form was not sent from our own page, was not made for this session, or has no such button.
    Forged,
    /// The form was sent before.
    Repeated,
    /// There are as many blocks as there may be.
    TooMany,
    /// The store or the keyring is down.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl OperatorError {
    /// Why, for the audit log; `None` if a service behind this server is down.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Forged => Some("the form does not belong to this session"),
            Self::Repeated => Some("the form was sent before"),
            Self::TooMany => Some("there are too many blocks"),
            Self::Unavailable(_) => None,
        }
    }
}

impl From<ForeignForm> for OperatorError {
    fn from(ForeignForm: ForeignForm) -> Self {
        Self::Forged
    }
}

impl From<OperatorDecisionError> for OperatorError {
    fn from(error: OperatorDecisionError) -> Self {
        match error {
            OperatorDecisionError::Repeated => Self::Repeated,
            OperatorDecisionError::TooMany => Self::TooMany,
            OperatorDecisionError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl AuthorizationServer {
    /// The page: for the operator who is signed in, from a place of one of its lists, or for signing in.
    pub async fn operator_page(&self, sent: &Cookies, from: Option<&str>) -> Result<Answer, Unavailable> {
        let Some(session) = self.operator_session(sent).await? else { return Ok(ask_to_sign_in()) };
        let place = match from {
            Some(sealed) => self.open(&Sealed::<ListPlace>::from_text(sealed), ()).await?,
            None => None,
        };
        let (of_clients, of_records) = match &place {
            Some(ListPlace::Applications(place)) => (Some(place.as_str()), None),
            Some(ListPlace::Records(place)) => (None, Some(place.as_str())),
            None => (None, None),
        };
        let blocks = self.read_blocks().await?;
        let RecordPage { records: clients, next } = self.ports.client_list.page(of_clients).await?;
        let RecordPage { records, next: earlier } = self.ports.operator_record_list.page(of_records).await?;
        let page = OperatorPage {
            session,
            form: self.random_id(),
            applications: self.listed(clients, &blocks),
            next: self.sealed_place(next.map(ListPlace::Applications)).await?,
            entra_applications: self.listed_entra_applications(&blocks),
            blocks,
            records,
            earlier: self.sealed_place(earlier.map(ListPlace::Records)).await?,
        };
        Ok(Answer::new(Next::Page(Page::Operator(Box::new(page)))))
    }

    async fn sealed_place(&self, place: Option<ListPlace>) -> Result<Option<String>, Unavailable> {
        match place {
            Some(place) => Ok(Some(self.seal(&place, ()).await?.into_text())),
            None => Ok(None),
        }
    }

    fn listed(&self, mut clients: Vec<Client>, blocks: &Blocks) -> Vec<ListedApplication> {
        let now = self.now();
        clients.retain(|client| now < client.expires_at);
        clients.sort_by_key(|client| Reverse(client.used_at));
        let listed = |client: Client| {
            let blocked = blocks.block_client(&client, now);
            ListedApplication { client, blocked }
        };
        clients.into_iter().map(listed).collect()
    }

    fn listed_entra_applications(&self, blocks: &Blocks) -> Vec<ListedEntraApplication> {
        let accepted = self.entra_tokens.iter().flat_map(|accepted| accepted.preauthorized.applications());
        let listed = |application: &ApplicationId| {
            let blocked = blocks.block_entra_application(application);
            ListedEntraApplication { application: application.clone(), blocked }
        };
        accepted.map(listed).collect()
    }

    /// A click on the page.
    pub async fn act_as_operator(
        &self,
        submission: OperatorSubmission<'_>,
        sender: FormSender<'_>,
    ) -> Result<Answer, OperatorError> {
        let sent = sender.cookies();
        if submission.action == Some(OperatorAction::SignIn) {
            return Ok(self.sign_in_to(OwnPage::Operator, sent).await?);
        }
        let Some(session) = self.operator_session(sent).await? else { return Ok(ask_to_sign_in()) };
        let form = submission.form.filter(|form| session.made_form(*form, submission.csrf));
        let (form, action) = form.zip(submission.action).ok_or(OperatorError::Forged)?;
        let answer = Answer::new(Next::Redirect(Redirect::Own(self.base().join(OwnPage::Operator.path()))));
        let Some(decision) = decision(action, &session) else {
            self.report(EventName::SignedOut.event().operator(session.operator.owner_key()));
            return Ok(answer.deleting(CookieName::Operator));
        };
        self.decide_as_operator(form, &session.operator, decision).await?;
        Ok(answer)
    }
}

/// `None` if the operator signs in or out. Users are of the operator's own tenant.
fn decision(action: OperatorAction, session: &OperatorSession) -> Option<OperatorDecision> {
    match action {
        OperatorAction::SignIn | OperatorAction::SignOut => None,
        OperatorAction::Block(target) => Some(OperatorDecision::Block(target)),
        OperatorAction::Unblock(target) => Some(OperatorDecision::Unblock(target)),
        OperatorAction::EndApplication(target) => Some(OperatorDecision::EndApplication(target)),
        OperatorAction::EndUser(oid) => {
            let user = Subject { tid: session.operator.tid.clone(), oid };
            Some(OperatorDecision::EndUser(user.owner_key()))
        }
    }
}

fn ask_to_sign_in() -> Answer {
    Answer::new(Next::Page(Page::OperatorSignIn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audit_log_hears_why_unless_a_service_is_down() {
        for (error, reason) in [
            (OperatorError::Forged, Some("the form does not belong to this session")),
            (OperatorError::Repeated, Some("the form was sent before")),
            (OperatorError::TooMany, Some("there are too many blocks")),
            (Unavailable::store("down").into(), None),
        ] {
            assert_eq!(error.reason(), reason, "{error}");
        }
    }
}
