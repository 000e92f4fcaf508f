//! `GET /authorize` (RFC 6749 §4.1.1, RFC 7636, RFC 8707): asks the owner, or finds that the owner has allowed this before.

use oauth_protocol::{
    addressed_request::AddressedRequest,
    prompt::Prompt,
    redirect_uri::{RedirectKind, RedirectTarget},
    resource::{self, ResourceAddress},
};

pub use super::authorize_error::AuthorizeError;
use super::{
    answer::{Answer, Next},
    pages::{ConsentPage, ReviewPage},
    request_refusal::{AtServer, RequestRefusal},
    return_to_client::RefusedAuthorizationRequest,
    sign_in::{Decided, ToSignIn},
    visitor::Visitor,
};
use crate::{
    ground::{EventName, Id, Unavailable},
    server::AuthorizationServer,
    state::{
        asking_client::AskingClient,
        authorization::Consent,
        memory::{Likeness, RememberedDecisions},
        pending_consent::{Asks, SignInPrompt},
        scopes,
        valid_request::ValidRequest,
    },
};

/// A request in which nothing is wrong.
struct Valid {
    request: ValidRequest,
    prompt: Prompt,
    names_resource: bool,
}

impl AuthorizationServer {
    /// Checks the request. Only a remembered approval, and a client whose metadata document is fetched, writes anything.
    pub async fn authorize(&self, request: &AddressedRequest, visitor: &Visitor<'_>) -> Result<Answer, AuthorizeError> {
        let client = self.requesting_client(&request.client_id, visitor.from).await?;
        let target = client.redirect_target(&request.redirect_uri, self.base()).ok_or(AtServer::RedirectMismatch)?;
        let client = AskingClient::from(client);
        let memory = self.recall(visitor.cookies).await?;
        let valid = match self.valid_request(request, &client, target.clone()) {
            Ok(valid) => valid,
            Err(reason) => {
                let approved = self.approved_target(&memory, &client, &target).await?;
                let state = request.state().map(str::to_owned);
                return Err(self.refused(&RefusedAuthorizationRequest { target, state, approved, reason }));
            }
        };
        if memory.denies(client.id, self.now()) {
            let page = self.denied_page(valid.request, valid.prompt.into()).await?;
            self.report_denied(client.id, "the client was denied before");
            return Ok(Answer::denied(visitor.cookies, page));
        }
        self.ask_or_remember(client, valid, &memory, visitor).await
    }

    async fn ask_or_remember(
        &self,
        client: AskingClient,
        valid: Valid,
        memory: &RememberedDecisions,
        visitor: &Visitor<'_>,
    ) -> Result<Answer, AuthorizeError> {
        let remembered = self.remembered(memory, &valid.request).await?;
        let denied_like = remembered.is_none() && self.denied_like(memory, &client, &valid.request);
        if valid.prompt.none {
            return Err(self.refused_without_a_page(&valid.request, remembered.is_some(), denied_like));
        }
        let sign_in = SignInPrompt::from(valid.prompt);
        if denied_like {
            return Ok(self.review(client, valid.request, sign_in, visitor).await?);
        }
        let Some(remembered) = remembered.filter(|_| !valid.prompt.requires_interaction()) else {
            let page = self.whole_question(client, valid.request, sign_in, memory).await?;
            return Ok(Answer::consent(visitor.cookies, page));
        };
        let (owner, approval) = (remembered.owner, remembered.approval.id);
        if may_pass(visitor, &valid) {
            let consent = Consent::Remembered { owner, approval };
            let to_sign_in =
                ToSignIn { id: self.random_id(), request: valid.request, consent, decision: None, prompt: sign_in };
            return match self.to_sign_in(to_sign_in, visitor.cookies).await? {
                Decided::Now(answer) => Ok(*answer),
                Decided::Before(_) => Err(Unavailable::entropy("a transaction id came up twice").into()),
            };
        }
        let form = self.form(valid.request, Asks::Continue { owner, approval }, sign_in).await?;
        let page = ConsentPage::brief(client, form, remembered.approval.given_at);
        Ok(Answer::consent(visitor.cookies, page))
    }

    /// The page that asks whether to ask about a client that looks like one that was denied.
    async fn review(
        &self,
        client: AskingClient,
        request: ValidRequest,
        sign_in: SignInPrompt,
        visitor: &Visitor<'_>,
    ) -> Result<Answer, Unavailable> {
        let form = self.form(request, Asks::Review, sign_in).await?;
        self.report_denied(client.id, "a client that looks like this one was denied before");
        Ok(Answer::review(visitor.cookies, ReviewPage { client, form }))
    }

    fn report_denied(&self, client: Id, reason: &'static str) {
        self.report(EventName::AuthorizationRefused.event().client(client).because(reason));
    }

    /// Whether a client that looks like this one was denied.
    fn denied_like(&self, memory: &RememberedDecisions, client: &AskingClient, request: &ValidRequest) -> bool {
        memory.denies_like(&Likeness::of(client.name.as_deref(), request.redirect()), self.now())
    }

    fn valid_request(
        &self,
        request: &AddressedRequest,
        client: &AskingClient,
        redirect: RedirectTarget,
    ) -> Result<Valid, RequestRefusal> {
        let request = request.parameters()?;
        let resources = &request.resource;
        resource::check(self.base(), resources, resource::OAuthEndpoint::Authorize)
            .map_err(|_| RequestRefusal::Target)?;
        let names_resource = !resources.is_empty();
        let scope = scopes::granted(request.scope.as_ref(), self.default_scope());
        let valid = ValidRequest::new(client.id, redirect, request.code_challenge, scope).with_state(request.state);
        let valid = valid.with_metadata(client.metadata).with_address(ResourceAddress::named(self.base(), resources));
        Ok(Valid { request: valid, prompt: request.prompt, names_resource })
    }

    /// `prompt=none`: an error says which page would be needed. If the client looks like one that was denied, the browser goes
    /// nowhere without a click.
    fn refused_without_a_page(&self, request: &ValidRequest, approved: bool, denied_like: bool) -> AuthorizeError {
        let reason = if approved { RequestRefusal::LoginRequired } else { RequestRefusal::ConsentRequired };
        let (target, state) = (request.redirect().clone(), request.state().map(str::to_owned));
        let refused = RefusedAuthorizationRequest { target, state, approved, reason };
        if denied_like {
            let next = Box::new(Next::Link(self.link_to_client(&refused)));
            return AuthorizeError::ToClient { reason, next };
        }
        self.refused(&refused)
    }

    fn refused(&self, refused: &RefusedAuthorizationRequest) -> AuthorizeError {
        let next = Box::new(self.refuse_to_client(refused));
        AuthorizeError::ToClient { reason: refused.reason, next }
    }
}

/// Whether a remembered approval serves without a click: to a receiver that proves itself, for a client that names its
/// resource, and for a person whom no other site led here. A loopback or private-use redirect proves nothing (RFC 8252 §8.6).
fn may_pass(visitor: &Visitor<'_>, valid: &Valid) -> bool {
    visitor.initiator.is_direct() && valid.names_resource && valid.request.redirect().kind() == RedirectKind::Https
}
