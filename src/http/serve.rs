//! Serves a request that passed the checks of all endpoints: its bearer, its memory, its body, its handler.

use std::sync::Arc;

use authorization_server::{
    ground::{Holder, TooMany},
    resource::authenticate::Principal,
};
use http::{Method, StatusCode};

use super::{
    app::App,
    bearer, browser,
    endpoint::{Endpoint, EndpointHandler, ServePrincipal},
    head::Head,
    memory::Recipient,
    pages::{self, Texts},
    reply::{Response, answer},
    request::{Admitted, Arriving},
    resource::Resource,
    sent::until_sent,
    too_many::ReachedLimit,
};
use crate::budget::Exhausted;

impl Endpoint {
    /// Answers the request.
    pub(super) async fn serve(&self, app: Arc<App>, arriving: Arriving) -> Response {
        let texts = Texts::preferred(&arriving.head.headers);
        let (from, must_arrive) = (arriving.head.from, self.must_arrive(&arriving.head.method));
        let served = match self.handler {
            EndpointHandler::Page(_) if arriving.head.method == Method::HEAD => {
                return arriving.refuse(&app.memory, || pages::head(texts)).await;
            }
            EndpointHandler::Public(serve) | EndpointHandler::Page(serve) => {
                let (head, body) = (app.memory.head(from), app.memory.body(from));
                match arriving.admit(&app.memory, head) {
                    Ok(admitted) if self.is_foreign_form(&app, &admitted.head) => {
                        let form = admitted.into_foreign_form(&app.memory, texts.language().tag()).await;
                        return serve(app, form).await;
                    }
                    Ok(admitted) => admitted.read(&app.memory, self.body_limit, body).await,
                    Err(error) => Err(error),
                }
                .map(|(incoming, permit)| (serve(Arc::clone(&app), incoming), permit))
            }
            EndpointHandler::Protected(resource, serve) => {
                return self.protected(app, texts, arriving, resource, serve).await;
            }
        };
        match served {
            Ok((response, permit)) => {
                let reserve = || must_arrive.then(|| app.memory.reserve(Recipient::Network(from)));
                let sent = until_sent(response.await, permit, reserve).await;
                sent.unwrap_or_else(|Exhausted| self.unsent(&app, texts, None))
            }
            Err(error) => self.unread(&app, texts, error, None),
        }
    }

    /// Whether the head alone shows that a form is none of our own pages. Its handler refuses it, whatever its body is.
    fn is_foreign_form(&self, app: &App, head: &Head) -> bool {
        let is_form = matches!(self.handler, EndpointHandler::Page(_)) && head.method == Method::POST;
        is_form && !browser::initiator(app, head).is_own_form()
    }

    /// Answers a request that needs an access token. A token that opens counts its request as its owner's.
    async fn protected(
        &self,
        app: Arc<App>,
        texts: &Texts,
        arriving: Arriving,
        resource: Resource,
        serve: ServePrincipal,
    ) -> Response {
        let presented = match bearer::open(&app, resource, &arriving.head).await {
            Ok(presented) => presented,
            Err(challenge) => return arriving.refuse(&app.memory, || challenge).await,
        };
        let caller = presented.holder();
        // Before the store is read, which the token of an ended grant would cause as well.
        if let Err(too_many) = app.limits.take_presentation(caller) {
            let refusal = self.too_many_calls(&app, texts, caller, too_many);
            return arriving.refuse(&app.memory, || refusal).await;
        }
        let admitted = match arriving.admit(&app.memory, app.memory.of_owner(caller.owner)) {
            Ok(admitted) => admitted,
            Err(error) => return self.unread(&app, texts, error, Some(caller)),
        };
        match bearer::authenticate(&app, resource, &admitted.head, presented).await {
            Ok(principal) => self.serve_principal(app, texts, admitted, serve, principal).await,
            Err(challenge) => admitted.refuse(&app.memory, challenge).await,
        }
    }

    /// Answers an owner whose access token is good.
    async fn serve_principal(
        &self,
        app: Arc<App>,
        texts: &Texts,
        admitted: Admitted,
        serve: ServePrincipal,
        principal: Principal,
    ) -> Response {
        let (caller, body) = (principal.holder(), app.memory.body_of_owner(principal.owner));
        if let Err(too_many) = app.limits.take_call(caller) {
            return admitted.refuse(&app.memory, self.too_many_calls(&app, texts, caller, too_many)).await;
        }
        if admitted.head.method == Method::HEAD {
            return admitted.refuse(&app.memory, answer(StatusCode::OK, "text/event-stream", "")).await;
        }
        let must_arrive = self.must_arrive(&admitted.head.method);
        match admitted.read(&app.memory, self.body_limit, body).await {
            Ok((incoming, permit)) => {
                let response = serve(Arc::clone(&app), incoming, principal).await;
                let reserve = || must_arrive.then(|| app.memory.reserve(Recipient::Owner(caller.owner)));
                let sent = until_sent(response, permit, reserve).await;
                sent.unwrap_or_else(|Exhausted| self.unsent(&app, texts, Some(caller)))
            }
            Err(error) => self.unread(&app, texts, error, Some(caller)),
        }
    }

    fn too_many_calls(&self, app: &App, texts: &Texts, caller: Holder, too_many: TooMany) -> Response {
        ReachedLimit::by_owner("calls-per-minute", caller).answer(app, self.place(texts), too_many)
    }
}
