//! A browser that keeps the two cookies of remembered decisions from one step to the next.

use authorization_server::{
    endpoints::{
        authorize::{AuthorizeError, Authorized, Visit},
        callback::{CallbackError, Completed},
        confirmation::{Confirmed, Confirming},
        consent::{ConsentError, Decided, Decision},
        consent_page::ConsentForm,
        remembered::MemoryCookies,
    },
    ground::{Id, Unavailable},
    state::memory::Memory,
};
use oauth_protocol::form;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Allowed, FlowError, Rig, allowed, answered, asked, parameter, query, request};

/// What `__Host-MCP_APPROVED_CLIENTS` and `__Host-MCP_DENIED_CLIENTS` hold in one browser, as it was sealed.
#[derive(Clone, Default)]
pub struct Browser {
    /// The first.
    pub approved: Option<String>,
    /// The second.
    pub denied: Option<String>,
}

impl Browser {
    /// What it remembers, opened.
    pub async fn memory(&self, rig: &Rig) -> Result<Memory, Unavailable> {
        let cookies = MemoryCookies { approved: self.approved.as_deref(), denied: self.denied.as_deref() };
        rig.server.recall(cookies).await
    }

    /// Keeps what an answer says.
    pub async fn remember(&mut self, rig: &Rig, memory: &Memory) -> Result<(), Unavailable> {
        self.approved = Some(rig.server.seal_approved(memory).await?);
        self.denied = Some(rig.server.seal_denied(memory).await?);
        Ok(())
    }

    /// The person opens an authorization request by themselves.
    pub async fn visit(&self, rig: &Rig, query: &str) -> Result<Authorized, AuthorizeError> {
        self.follow(rig, query, true).await
    }

    /// The browser comes to an authorization request, directly or from another site.
    pub async fn follow(&self, rig: &Rig, text: &str, direct: bool) -> Result<Authorized, AuthorizeError> {
        let query = query(text).map_err(|error| Unavailable::store(error.to_string()))?;
        let memory = self.memory(rig).await?;
        rig.server.authorize(&Visit { query: &query, memory: &memory, direct }).await
    }

    /// A button of a form that this browser was shown.
    pub async fn decide(&mut self, rig: &Rig, form: &ConsentForm, decision: Decision) -> Result<Decided, ConsentError> {
        let decided = rig.decide_with(form, decision, self.memory(rig).await?).await?;
        if let Decided::Denied(_, memory) | Decided::Undone(_, memory) = &decided {
            self.remember(rig, memory).await?;
        }
        Ok(decided)
    }

    /// Entra sends this browser back with a code.
    pub async fn come_back(&mut self, rig: &Rig, allowed: &Allowed) -> Result<Completed, CallbackError> {
        self.call_back(rig, allowed, Some(allowed.cookie.expose_secret())).await
    }

    /// Entra's answer arrives in this browser, which may have another cookie, or none.
    pub async fn call_back(
        &mut self,
        rig: &Rig,
        allowed: &Allowed,
        cookie: Option<&str>,
    ) -> Result<Completed, CallbackError> {
        let state = parameter(&allowed.sign_in_url, "state").unwrap_or_default();
        let query = query(&form::encode([("code", "upstream-code"), ("state", state.as_str())]));
        let query = query.map_err(|_| CallbackError::UnknownState)?;
        let completed = rig.server.complete(&query, cookie, self.memory(rig).await?).await?;
        if let Completed::Redirect(answer) = &completed {
            self.remember_some(rig, answer.memory.as_ref()).await?;
        }
        Ok(completed)
    }

    /// A button of the page that asks who has signed in. Its token is taken from that page.
    pub async fn confirm(
        &mut self,
        rig: &Rig,
        allowed: &Allowed,
        decision: Decision,
    ) -> Result<Confirmed, ConsentError> {
        let confirming = Confirming { id: allowed.id, cookie: Some(allowed.cookie.expose_secret()) };
        let page = rig.server.confirmation(&confirming).await?;
        let csrf = page.csrf.encode();
        let confirmed =
            rig.server.confirm(&confirming, csrf.expose_secret(), decision, self.memory(rig).await?).await?;
        if let Confirmed::Redirect(answer) = &confirmed {
            self.remember_some(rig, answer.memory.as_ref()).await?;
        }
        Ok(confirmed)
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

    async fn remember_some(&mut self, rig: &Rig, memory: Option<&Memory>) -> Result<(), Unavailable> {
        match memory {
            Some(memory) => self.remember(rig, memory).await,
            None => Ok(()),
        }
    }
}
