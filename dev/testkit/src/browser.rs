//! A browser that keeps the two cookies of remembered decisions from one step to the next.

use authorization_server::{
    endpoints::{
        answer::Answer,
        authorize::AuthorizeError,
        callback::CallbackError,
        confirmation::ConfirmationSubmission,
        consent::{ConsentError, ConsentSubmission, Decision},
        pages::ConsentForm,
        visitor::Visitor,
    },
    ground::{Id, Network, Unavailable},
    state::{
        cookies::{CookieChange, CookieChanges, CookieName, Cookies},
        memory::RememberedDecisions,
    },
};
use oauth_protocol::initiator::Initiator;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Allowed, FlowError, Rig, addressed, allowed, answered, asked, asked_to_confirm, parameter, request};

/// The values of `__Host-MCP_APPROVED_CLIENTS` and `__Host-MCP_DENIED_CLIENTS` in one browser.
#[derive(Clone, Default)]
pub struct Browser {
    /// The first.
    pub approved: Option<String>,
    /// The second.
    pub denied: Option<String>,
}

impl Browser {
    /// The cookies that it sends, with further ones.
    #[must_use]
    pub fn cookies(&self, further: &[(CookieName, &str)]) -> Cookies {
        let kept = [(CookieName::ApprovedClients, &self.approved), (CookieName::DeniedClients, &self.denied)];
        let kept = kept.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let pairs = kept.chain(further.iter().copied()).map(|(name, value)| format!("{name}={value}"));
        Cookies::parse(pairs.collect::<Vec<_>>().iter().map(String::as_str))
    }

    /// The opened cookies of remembered approvals and denials.
    pub async fn memory(&self, rig: &Rig) -> Result<RememberedDecisions, Unavailable> {
        rig.server.recall(&self.cookies(&[])).await
    }

    /// Keeps what an answer says.
    pub fn keep(&mut self, changes: &CookieChanges) {
        for change in changes.iter() {
            match change {
                CookieChange::Set { name: CookieName::ApprovedClients, value } => {
                    self.approved = Some(value.expose_secret().to_owned());
                }
                CookieChange::Set { name: CookieName::DeniedClients, value } => {
                    self.denied = Some(value.expose_secret().to_owned());
                }
                CookieChange::Delete(name) if *name == CookieName::DeniedClients.to_string() => self.denied = None,
                CookieChange::Set { .. } | CookieChange::Displace { .. } | CookieChange::Delete(_) => {}
            }
        }
    }

    /// The person opens an authorization request by themselves.
    pub async fn visit(&self, rig: &Rig, query: &str) -> Result<Answer, AuthorizeError> {
        self.follow(rig, query, true).await
    }

    /// The browser comes to an authorization request, directly or from another site.
    pub async fn follow(&self, rig: &Rig, query: &str, direct: bool) -> Result<Answer, AuthorizeError> {
        let initiator = if direct { Initiator::Person } else { Initiator::Unproven };
        let visitor = Visitor { cookies: &self.cookies(&[]), initiator, from: Network::UNKNOWN };
        rig.server.authorize(&addressed(query)?, &visitor).await
    }

    /// A button of a form that this browser was shown.
    pub async fn decide(&mut self, rig: &Rig, form: &ConsentForm, decision: Decision) -> Result<Answer, ConsentError> {
        let (id, binding, csrf) = (form.pending.id, form.secrets.binding.encode(), form.secrets.csrf.encode());
        let (binding, csrf) = (binding.expose_secret(), csrf.expose_secret());
        let cookies = self.cookies(&[(CookieName::ConsentState(id), binding), (CookieName::CsrfToken(id), csrf)]);
        let submission = ConsentSubmission { request: form.sealed.as_str(), decision, csrf };
        let sender = Visitor { cookies: &cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN }.own_form()?;
        let answer = rig.server.decide(&submission, sender).await?;
        self.keep(&answer.cookies);
        Ok(answer)
    }

    /// Entra sends this browser back with a code.
    pub async fn come_back(&mut self, rig: &Rig, allowed: &Allowed) -> Result<Answer, CallbackError> {
        self.call_back(rig, allowed, Some(allowed.cookie.expose_secret())).await
    }

    /// Entra's answer arrives in this browser, which may have another cookie, or none.
    pub async fn call_back(
        &mut self,
        rig: &Rig,
        allowed: &Allowed,
        cookie: Option<&str>,
    ) -> Result<Answer, CallbackError> {
        let cookie = cookie.map(|cookie| (CookieName::EntraState(allowed.id), cookie));
        let response = allowed.response(&[("code", "upstream-code")]).ok_or(CallbackError::UnknownState)?;
        let answer = rig.callback(&response, &self.cookies(cookie.as_slice())).await?;
        self.keep(&answer.cookies);
        Ok(answer)
    }

    /// A button of the page that asks who has signed in. Its token is taken from that page.
    pub async fn confirm(&mut self, rig: &Rig, allowed: &Allowed, decision: Decision) -> Result<Answer, ConsentError> {
        let cookies = self.cookies(&[(CookieName::EntraState(allowed.id), allowed.cookie.expose_secret())]);
        let page = asked_to_confirm(rig.server.confirmation(allowed.id, &cookies).await?);
        let csrf = page.ok_or(ConsentError::Expired)?.csrf.encode();
        let submission = ConfirmationSubmission { id: allowed.id, decision, csrf: csrf.expose_secret() };
        let sender = Visitor { cookies: &cookies, initiator: Initiator::OwnForm, from: Network::UNKNOWN }.own_form()?;
        let answer = rig.server.confirm(&submission, sender).await?;
        self.keep(&answer.cookies);
        Ok(answer)
    }

    /// Reads the whole page, allows, and signs in: a code.
    pub async fn code(&mut self, rig: &Rig, client_id: &str) -> Result<SecretString, FlowError> {
        let page = asked(self.visit(rig, &request(client_id, &[("prompt", Some("consent"))])).await?);
        let page = page.ok_or(FlowError::Missing("a page"))?;
        let allowed = allowed(self.decide(rig, &page.form, Decision::Allow).await?);
        let completed = self.come_back(rig, &allowed.ok_or(FlowError::Missing("a sign-in URL"))?).await?;
        let answer = answered(completed).ok_or(FlowError::Missing("an answer"))?;
        parameter(&answer.location, "code").map(Into::into).ok_or(FlowError::Missing("code"))
    }

    /// Whether it remembers that this client was denied.
    pub async fn denies(&self, rig: &Rig, client: Id) -> Result<bool, Unavailable> {
        Ok(self.memory(rig).await?.denies(client, rig.server.now()))
    }
}
