//! The second leg of a sign-in. If Entra demands claims of the owner, the browser goes to Entra once more, with those claims,
//! before the client gets a code: so no client gets a code whose first tool call must fail.

use oauth_protocol::{authorization_response::AuthorizationErrorCode, scope::Scope};

use super::{answer::Answer, callback_error::CallbackError, sign_in::SignInParameters};
use crate::{
    ground::{EventName, Id, Stored, Unavailable},
    server::AuthorizationServer,
    state::{
        authorization::{Authorization, Binding, Exchanging, Failed, Stage, StepUp},
        claims::Claims,
        cookies::Cookies,
        demand::Demand,
        owner::MAX_DEMANDS,
        pending_consent::SignInPrompt,
        scopes,
    },
    upstream::{Demanded, SignedInUser, UpstreamRefusal},
};

/// Whether a sign-in is enough for what Entra demands of the owner.
enum Judged {
    /// It is, or the tools will tell why not.
    Enough,
    /// The owner must sign in once more, for this demand.
    Demands(Box<Demand>),
    /// The owner has done so.
    StillRefused,
}

impl AuthorizationServer {
    /// The answer to a sign-in that is not enough; `None` if it is.
    pub(crate) async fn step_up(
        &self,
        claimed: &Stored<Authorization>,
        exchanging: &Exchanging,
        user: &SignedInUser,
        sent: &Cookies,
    ) -> Result<Option<Answer>, CallbackError> {
        let owner = user.subject.owner_key();
        if exchanging.step_up.as_ref().is_some_and(|step_up| step_up.owner != owner) {
            return self.failed(claimed, exchanging.clone(), AuthorizationErrorCode::AccessDenied).await.map(Some);
        }
        match self.judge_sign_in(owner, exchanging, user).await? {
            Judged::Enough => Ok(None),
            Judged::Demands(demand) => self.second_leg(claimed, exchanging, &demand, user, sent).await.map(Some),
            Judged::StillRefused => Err(self.still_refused(claimed, exchanging).await?),
        }
    }

    /// Tries the exchange for each demand that concerns the request. One that succeeds clears its demand.
    async fn judge_sign_in(
        &self,
        owner: Id,
        exchanging: &Exchanging,
        user: &SignedInUser,
    ) -> Result<Judged, Unavailable> {
        let scope = exchanging.request.scope();
        for _ in 0..=MAX_DEMANDS {
            let document = self.owner(owner).await?;
            let demand = document.and_then(|document| document.claims_demanded(scope, self.now()).cloned());
            let Some(demand) = demand else { return Ok(Judged::Enough) };
            let concerned = scope.filtered(|token| demand.scope.contains(token));
            let exchanged = self.try_exchanges(user, &concerned, demand.claims.as_ref()).await;
            match exchanged {
                Ok(()) => self.met_at_sign_in(owner, demand.id, &concerned).await?,
                Err(refusal) => {
                    let is_second = exchanging.step_up.as_ref().is_some_and(|step_up| step_up.demand == demand.id);
                    if refusal.is_final_at_sign_in(is_second) {
                        self.refused_at_sign_in(owner, demand.id).await?;
                    }
                    return self.judge_refusal(owner, demand, refusal, is_second).await;
                }
            }
        }
        Ok(Judged::Enough)
    }

    /// One exchange for each API of these scopes. The tokens are not kept: there is no grant yet.
    async fn try_exchanges(
        &self,
        user: &SignedInUser,
        scope: &Scope,
        claims: Option<&Claims>,
    ) -> Result<(), UpstreamRefusal> {
        for scopes in scopes::downstream(scope) {
            self.ports.upstream.on_behalf_of(&user.tokens.access_token, &scopes, claims).await?;
        }
        Ok(())
    }

    async fn judge_refusal(
        &self,
        owner: Id,
        demand: Demand,
        refusal: UpstreamRefusal,
        is_second: bool,
    ) -> Result<Judged, Unavailable> {
        tracing::info!(counted = true, error = %refusal, is_second, "exchange refused at a sign-in");
        match refusal {
            UpstreamRefusal::InteractionRequired { .. }
            | UpstreamRefusal::ConsentRequired { .. }
            | UpstreamRefusal::InvalidGrant { .. }
                if is_second =>
            {
                Ok(Judged::StillRefused)
            }
            UpstreamRefusal::InteractionRequired { claims: Some(named), .. } => {
                // Entra may name only what its own policy lacks, and not what an API has demanded.
                let claims = demand.claims.as_ref().map_or(named.clone(), |demanded| named.and(demanded));
                if demand.claims.as_ref() == Some(&claims) {
                    return Ok(Judged::Demands(Box::new(demand)));
                }
                let (id, at) = (self.random_id(), self.now());
                let renewed = Demand { id, claims: Some(claims), at, is_final: false, ..demand };
                self.renew_demand(owner, &renewed).await?;
                Ok(Judged::Demands(Box::new(renewed)))
            }
            UpstreamRefusal::Unavailable(unavailable) if is_second => Err(unavailable),
            UpstreamRefusal::InteractionRequired { .. }
            | UpstreamRefusal::ConsentRequired { .. }
            | UpstreamRefusal::InvalidGrant { .. }
            | UpstreamRefusal::Unavailable(_) => Ok(Judged::Demands(Box::new(demand))),
            UpstreamRefusal::Blocked { .. } | UpstreamRefusal::Refused { .. } => Ok(Judged::Enough),
        }
    }

    /// To Entra again, under new secrets.
    async fn second_leg(
        &self,
        claimed: &Stored<Authorization>,
        exchanging: &Exchanging,
        demand: &Demand,
        user: &SignedInUser,
        sent: &Cookies,
    ) -> Result<Answer, CallbackError> {
        let id = claimed.value.id;
        let secrets = self.sign_in_secrets(None);
        let step_up = StepUp { owner: user.subject.owner_key(), demand: demand.id };
        let binding = Binding::new(&secrets.state, &secrets.browser).after(&exchanging.binding);
        let again = exchanging.clone().again(binding, step_up);
        self.step(claimed, Stage::PendingUpstream(again)).await?.ok_or(CallbackError::AlreadyCompleted)?;
        let scopes = scopes::downstream(exchanging.request.scope());
        let demanded = demand.claims.as_ref().map(|claims| Demanded { claims, login_hint: &user.login_hint });
        let parameters = SignInParameters { downstream_scopes: &scopes, prompt: SignInPrompt::Any, demanded };
        Ok(self.sign_in(id, &secrets, &parameters, sent).after_forms(id))
    }

    /// The sign-in ends without a code. The client is not told: it would ask for another sign-in.
    async fn still_refused(
        &self,
        claimed: &Stored<Authorization>,
        exchanging: &Exchanging,
    ) -> Result<CallbackError, CallbackError> {
        let reason = "still refused".to_owned();
        let failed = Failed { reason, states: exchanging.binding.states() };
        self.step(claimed, Stage::Failed(failed)).await?.ok_or(CallbackError::AlreadyCompleted)?;
        let event = EventName::SignInFailed.event().authorization(claimed.value.id);
        self.report(event.client(exchanging.request.client()).because("still refused by Entra"));
        Ok(CallbackError::StillRefused)
    }
}
