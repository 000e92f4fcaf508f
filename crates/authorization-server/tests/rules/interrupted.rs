//! A callback during which a service fails. Before Entra's code is redeemed nothing is spent, and the same callback succeeds
//! later. After that the client is told, or the person if even that cannot be written.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::{answer::Answer, callback::CallbackError, consent::Decision},
    ground::Subject,
    state::authorization::Stage,
};
use testkit::{Allowed, Asked, Browser, Fault, Faults, Rig, allowed, answered, asked, parameter, request};

use crate::step_up::{claims, demanding, refused};

/// A sign-in whose browser is about to come back.
#[derive(Clone, Copy, Debug, PartialEq)]
enum SignIn {
    /// Of an owner who was asked.
    Asked,
    /// Of another owner than the one who gave the approval.
    OfAnotherOwner,
    /// Of an owner of whom Entra demands claims.
    Demanded,
    /// The same, once more with these claims.
    SecondLeg,
    /// The same, and Entra demands claims again.
    StillRefused,
}

const SIGN_INS: [SignIn; 5] =
    [SignIn::Asked, SignIn::OfAnotherOwner, SignIn::Demanded, SignIn::SecondLeg, SignIn::StillRefused];

struct Scene {
    rig: Rig,
    browser: Browser,
    sign_in: Allowed,
}

impl Scene {
    async fn new(kind: SignIn) -> Self {
        let (rig, client_id) = match kind {
            SignIn::Asked | SignIn::OfAnotherOwner => {
                let rig = Rig::new().unwrap();
                let client_id = rig.register().await.unwrap();
                (rig, client_id)
            }
            SignIn::Demanded | SignIn::SecondLeg | SignIn::StillRefused => {
                let (rig, owner) = refused(claims("c1")).await;
                (rig, owner.client_id)
            }
        };
        let mut browser = Browser::default();
        if kind == SignIn::OfAnotherOwner {
            browser.code(&rig, &client_id).await.unwrap();
            rig.upstream.set_subject(Subject { tid: "tenant".into(), oid: "second".into() });
        }
        let page = asked(browser.follow(&rig, &request(&client_id, &[]), false).await.unwrap()).unwrap();
        let sign_in = allowed(browser.decide(&rig, &page.form, Decision::Allow).await.unwrap()).unwrap();
        let mut scene = Self { rig, browser, sign_in };
        if matches!(kind, SignIn::SecondLeg | SignIn::StillRefused) {
            scene.rig.upstream.refuse_on_behalf_of(demanding(claims("c1")));
            scene.sign_in = allowed(scene.come_back().await.unwrap()).unwrap();
        }
        if matches!(kind, SignIn::Demanded | SignIn::StillRefused) {
            scene.rig.upstream.refuse_on_behalf_of(demanding(claims("c2")));
        }
        scene
    }

    async fn come_back(&mut self) -> Result<Answer, CallbackError> {
        self.browser.come_back(&self.rig, &self.sign_in).await
    }

    /// How often Entra has redeemed a code.
    fn redeemed(&self) -> usize {
        self.rig.upstream.asked().iter().filter(|asked| matches!(asked, Asked::Redeem { .. })).count()
    }

    fn stage(&self) -> Stage {
        self.rig.authorizations.peek(&self.sign_in.id).unwrap().stage
    }
}

fn store(rig: &Rig) -> &Faults {
    &rig.store
}

fn keyring(rig: &Rig) -> &Faults {
    &rig.keyring
}

/// Sends the callback again and again, each time in a new scene in which the next operation of the dependency fails. Returns
/// the scenes in which Entra's code was redeemed, with the answers. In the others the callback completes later.
async fn interrupted(
    kind: SignIn,
    dependency: fn(&Rig) -> &Faults,
    fault: Fault,
) -> Vec<(Scene, Result<Answer, CallbackError>)> {
    let mut scenes = Vec::new();
    for step in 0.. {
        let mut scene = Scene::new(kind).await;
        let before = scene.redeemed();
        dependency(&scene.rig).fail_after(step, fault);
        let answer = scene.come_back().await;
        if dependency(&scene.rig).fault_is_due() {
            break;
        }
        if scene.redeemed() > before {
            scenes.push((scene, answer));
            continue;
        }
        assert!(matches!(answer, Err(CallbackError::Unavailable(_))), "{kind:?}, step {step}: {:?}", answer.err());
        dependency(&scene.rig).set_down(false);
        let later = scene.come_back().await;
        let completes = match later {
            Ok(_) | Err(CallbackError::StillRefused) => true,
            // The claim whose answer was lost.
            Err(CallbackError::UnderWay) => fault == Fault::After,
            Err(_) => false,
        };
        assert!(completes, "{kind:?}, step {step}");
    }
    scenes
}

#[tokio::test]
async fn a_failure_after_the_redemption_of_entras_code_is_told_to_the_client() {
    for kind in SIGN_INS {
        let mut told = 0;
        for dependency in [store, keyring] {
            for (scene, answer) in interrupted(kind, dependency, Fault::Before).await {
                let location = answered(answer.unwrap()).unwrap().location;
                if parameter(&location, "code").is_some() {
                    continue; // and the approval is not remembered
                }
                assert_eq!(parameter(&location, "error").as_deref(), Some("temporarily_unavailable"), "{kind:?}");
                assert!(matches!(scene.stage(), Stage::Failed(_)), "{kind:?}: {:?}", scene.stage());
                told += 1;
            }
        }
        assert!(told >= 2, "{kind:?}: {told}");
    }
}

#[tokio::test]
async fn a_failure_that_cannot_be_written_is_told_to_the_person_at_once() {
    for kind in SIGN_INS {
        let mut told = 0;
        for (mut scene, answer) in interrupted(kind, store, Fault::Down).await {
            let Err(error) = answer else { continue };
            assert!(matches!(error, CallbackError::Interrupted(_)), "{kind:?}: {error:?}");
            scene.rig.store.set_down(false);
            assert!(matches!(scene.come_back().await, Err(CallbackError::UnderWay)), "{kind:?}");
            told += 1;
        }
        assert!(told >= 2, "{kind:?}: {told}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_after_the_redemption_is_not_to_be_tried_again() {
    for kind in SIGN_INS {
        for (_, answer) in interrupted(kind, store, Fault::After).await {
            let error = answer.err();
            assert!(!matches!(error, Some(CallbackError::Unavailable(_))), "{kind:?}: {error:?}");
        }
    }
}
