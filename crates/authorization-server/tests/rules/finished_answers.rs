//! A use case answers with finished values. If the keyring fails at any step, the browser gets an answer all the same, or
//! nothing was decided and the same request succeeds later.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{
        answer::{Answer, Next, Redirect},
        authorize::AuthorizeError,
        callback::CallbackError,
        consent::{ConsentError, Decision},
    },
    ground::{Subject, Unavailable},
};
use testkit::{
    Allowed, Browser, Fault, FlowError, Rig, allowed, answered, asked, denied, parameter, request, sent_to_confirm,
};
use time::Duration;

/// A browser in front of a server.
struct Scene {
    rig: Rig,
    client_id: String,
    browser: Browser,
}

/// Whether a failure decided nothing.
fn unavailable(error: impl Into<FlowError>) -> Unavailable {
    let unavailable = match error.into() {
        FlowError::Authorize(AuthorizeError::Unavailable(unavailable))
        | FlowError::Consent(ConsentError::Unavailable(unavailable))
        | FlowError::Callback(CallbackError::Unavailable(unavailable)) => Some(unavailable),
        _ => None,
    };
    unavailable.unwrap()
}

impl Scene {
    async fn new() -> Self {
        let rig = Rig::new().unwrap();
        let client_id = rig.register().await.unwrap();
        Self { rig, client_id, browser: Browser::default() }
    }

    /// The client was allowed in this browser.
    async fn approved() -> Self {
        let mut scene = Self::new().await;
        scene.browser.code(&scene.rig, &scene.client_id).await.unwrap();
        scene.rig.clock.advance(Duration::SECOND);
        scene
    }

    fn query(&self) -> String {
        request(&self.client_id, &[])
    }

    async fn visit(&mut self) -> Result<Answer, Unavailable> {
        self.browser.visit(&self.rig, &self.query()).await.map_err(unavailable)
    }
}

/// Makes each use of the keyring fail in turn. Counts them.
async fn at_each_step<S, T>(
    prepare: impl AsyncFn() -> (S, T),
    act: impl AsyncFn(&mut S, &T) -> Result<Answer, Unavailable>,
    rig: impl Fn(&S) -> &Rig,
) -> usize {
    for step in 0.. {
        let (mut scene, with) = prepare().await;
        rig(&scene).keyring.fail_after(step, Fault::Before);
        let answer = act(&mut scene, &with).await;
        if rig(&scene).keyring.fault_is_due() {
            assert!(answer.is_ok());
            return step;
        }
        if answer.is_err() {
            assert!(act(&mut scene, &with).await.is_ok(), "step {step}: something was decided and is lost");
        }
    }
    0
}

async fn deciding(decision: Decision) -> usize {
    let prepare = async || {
        let mut scene = Scene::new().await;
        let page = asked(scene.visit().await.unwrap()).unwrap();
        if decision != Decision::Undo {
            return (scene, page.form);
        }
        let page = denied(scene.browser.decide(&scene.rig, &page.form, Decision::Deny).await.unwrap()).unwrap();
        (scene, page.form)
    };
    let act =
        async |scene: &mut Scene, form: &_| scene.browser.decide(&scene.rig, form, decision).await.map_err(unavailable);
    at_each_step(prepare, act, |scene| &scene.rig).await
}

#[tokio::test]
async fn a_decision_is_answered_or_was_not_made() {
    for decision in [Decision::Allow, Decision::Deny, Decision::Undo] {
        assert!(deciding(decision).await > 0, "{decision:?}");
    }
}

#[tokio::test]
async fn a_visit_with_a_remembered_approval_is_answered_or_decided_nothing() {
    let prepare = async || (Scene::approved().await, ());
    let act = async |scene: &mut Scene, (): &()| scene.visit().await;
    assert!(at_each_step(prepare, act, |scene| &scene.rig).await > 0);
}

/// Another owner than the one who allowed signs in, and is asked.
async fn asked_to_confirm() -> (Scene, Allowed) {
    let mut scene = Scene::approved().await;
    let allowed = allowed(scene.visit().await.unwrap()).unwrap();
    scene.rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "second".into() });
    let completed = scene.browser.come_back(&scene.rig, &allowed).await.unwrap();
    assert!(sent_to_confirm(&completed).is_some());
    (scene, allowed)
}

#[tokio::test]
async fn an_owner_who_is_asked_after_signing_in_is_answered_or_decided_nothing() {
    for decision in [Decision::Allow, Decision::Deny, Decision::SwitchAccount] {
        let act = async |scene: &mut Scene, allowed: &Allowed| {
            scene.browser.confirm(&scene.rig, allowed, decision).await.map_err(unavailable)
        };
        assert!(at_each_step(asked_to_confirm, act, |scene| &scene.rig).await > 0, "{decision:?}");
    }
}

/// Once Entra's code is redeemed it cannot be redeemed again, so the client is told of a failure.
#[tokio::test]
async fn a_callback_answers_the_client_or_decided_nothing() {
    let prepare = async || {
        let mut scene = Scene::new().await;
        let page = asked(scene.visit().await.unwrap()).unwrap();
        let decided = scene.browser.decide(&scene.rig, &page.form, Decision::Allow).await.unwrap();
        (scene, allowed(decided).unwrap())
    };
    let act = async |scene: &mut Scene, allowed: &Allowed| {
        scene.browser.come_back(&scene.rig, allowed).await.map_err(unavailable)
    };
    assert!(at_each_step(&prepare, act, |scene: &Scene| &scene.rig).await > 2);
    let (mut scene, allowed) = prepare().await;
    // The health of the keyring; then the upstream's tokens.
    scene.rig.keyring.fail_after(1, Fault::Before);
    let answer = scene.browser.come_back(&scene.rig, &allowed).await.unwrap();
    let location = answered(answer).unwrap().location;
    assert_eq!(parameter(&location, "error").as_deref(), Some("temporarily_unavailable"));
}

/// A code was issued: an approval that cannot be put into the cookie costs the client nothing.
#[tokio::test]
async fn a_code_is_answered_although_the_approval_cannot_be_remembered() {
    let mut scene = Scene::new().await;
    let page = asked(scene.visit().await.unwrap()).unwrap();
    let decided = scene.browser.decide(&scene.rig, &page.form, Decision::Allow).await.unwrap();
    let allowed = allowed(decided).unwrap();
    // The health of the keyring, the upstream's tokens, the name; then the cookie.
    scene.rig.keyring.fail_after(3, Fault::Before);
    let answer = scene.browser.come_back(&scene.rig, &allowed).await.unwrap();
    assert!(!scene.rig.keyring.fault_is_due() && scene.browser.approved.is_none());
    let Next::Redirect(Redirect::Client(location)) = answer.next else { panic!("no redirect") };
    let code = parameter(&location, "code").unwrap().into();
    assert!(scene.rig.redeem(&scene.client_id, &code).await.is_ok());
}
