//! One grant under any sequence of redemptions, refreshes, uses and revocations, beside a model of the rules.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use authorization_server::{
    endpoints::token_error::TokenError,
    ground::{Clock as _, Ended},
    state::grant::Status,
};
use oauth_protocol::token_response::TokenResponse;
use proptest::{prelude::*, test_runner::TestCaseResult};
use secrecy::{ExposeSecret as _, SecretString};
use testkit::Rig;
use time::{Duration, OffsetDateTime};

/// The steps; `back` counts from the newest token of its kind.
#[derive(Clone, Copy, Debug)]
enum Step {
    RedeemAgain,
    Refresh { back: usize },
    Use { back: usize },
    Wait { seconds: i64 },
    Revoke,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let back = || prop_oneof![6 => Just(0_usize), 3 => Just(1), 1 => 2..4_usize];
    let seconds = prop_oneof![Just(1), Just(19), Just(30), Just(60), Just(61), Just(600), Just(3600), Just(86_400)];
    let step = prop_oneof![
        1 => Just(Step::RedeemAgain),
        10 => back().prop_map(|back| Step::Refresh { back }),
        10 => back().prop_map(|back| Step::Use { back }),
        10 => seconds.prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Revoke),
    ];
    proptest::collection::vec(step, 1..40)
}

struct AccessToken {
    text: SecretString,
    generation: usize,
    expires_at: OffsetDateTime,
}

/// The grant as the rules would have it.
struct Model {
    rig: Rig,
    client_id: String,
    code: SecretString,
    redeemed_at: OffsetDateTime,
    /// Every generation's refresh token; the last is the newest.
    refresh_tokens: Vec<SecretString>,
    access_tokens: Vec<AccessToken>,
    /// The last generation that was presented as the newest.
    presented: usize,
    superseded: Vec<usize>,
    answered_at: OffsetDateTime,
    seen: bool,
    revoked: bool,
}

impl Model {
    async fn new() -> Self {
        let rig = Rig::new().unwrap();
        let client_id = rig.register().await.unwrap();
        let code = rig.code(&client_id).await.unwrap();
        let tokens = rig.redeem(&client_id, &code).await.unwrap();
        let now = rig.clock.now();
        let mut model = Self {
            rig,
            client_id,
            code,
            redeemed_at: now,
            refresh_tokens: vec![SecretString::from(tokens.refresh_token.expose_secret())],
            access_tokens: Vec::new(),
            presented: 0,
            superseded: Vec::new(),
            answered_at: now,
            seen: false,
            revoked: false,
        };
        model.keep_access_token(tokens);
        model
    }

    fn keep_access_token(&mut self, tokens: TokenResponse) {
        let expires_at = self.rig.clock.now() + Duration::seconds(tokens.expires_in.cast_signed());
        let generation = self.refresh_tokens.len();
        self.access_tokens.push(AccessToken { text: tokens.access_token, generation, expires_at });
    }

    async fn take(&mut self, step: Step) -> TestCaseResult {
        match step {
            Step::RedeemAgain => self.redeem_again().await,
            Step::Refresh { back } => self.refresh(back).await,
            Step::Use { back } => self.use_token(back).await,
            Step::Wait { seconds } => {
                self.rig.clock.advance(Duration::seconds(seconds));
                Ok(())
            }
            Step::Revoke => {
                self.rig.server.revoke(self.rig.only_grant().unwrap().key, Ended::Withdrawn).await.unwrap();
                self.revoked = true;
                Ok(())
            }
        }
    }

    async fn redeem_again(&mut self) -> TestCaseResult {
        let age = self.rig.clock.now() - self.redeemed_at;
        let redeemed = self.rig.redeem(&self.client_id, &self.code).await;
        prop_assert!(matches!(redeemed, Err(TokenError::InvalidGrant(_))));
        self.revoked |= age > Duration::seconds(20) && age < Duration::minutes(15);
        Ok(())
    }

    async fn refresh(&mut self, back: usize) -> TestCaseResult {
        let Some(presented) = self.refresh_tokens.iter().nth_back(back) else { return Ok(()) };
        let (now, newest) = (self.rig.clock.now(), self.refresh_tokens.len());
        let generation = newest - back;
        let refreshed = self.rig.refresh(&self.client_id, presented).await;
        let last = generation == self.presented;
        let same = last && now - self.answered_at <= Duration::seconds(60);
        if self.revoked || generation < newest && !(same || last && !self.seen) {
            prop_assert!(matches!(refreshed, Err(TokenError::InvalidGrant(_))));
            self.revoked = true;
            return Ok(());
        }
        let tokens = refreshed.unwrap();
        let answered = tokens.refresh_token.expose_secret();
        if same {
            prop_assert_eq!(answered, self.refresh_tokens.last().unwrap().expose_secret());
            self.answered_at = if self.seen { self.answered_at } else { now };
        } else {
            prop_assert!(self.refresh_tokens.iter().all(|older| older.expose_secret() != answered));
            self.refresh_tokens.push(answered.into());
            self.superseded.extend((generation < newest).then_some(newest));
            (self.presented, self.answered_at, self.seen) = (generation, now, false);
        }
        prop_assert!(tokens.expires_in > 0);
        self.keep_access_token(tokens);
        Ok(())
    }

    async fn use_token(&mut self, back: usize) -> TestCaseResult {
        let Some(token) = self.access_tokens.iter().nth_back(back) else { return Ok(()) };
        let good = !self.revoked && self.rig.clock.now() < token.expires_at;
        let superseded = self.superseded.contains(&token.generation);
        prop_assert_eq!(self.rig.accepts(&token.text).await.unwrap(), good && !superseded);
        self.seen |= good && token.generation == self.refresh_tokens.len();
        self.revoked |= good && superseded;
        Ok(())
    }

    fn agrees_with_the_store(&self) -> TestCaseResult {
        let grant = self.rig.only_grant().unwrap();
        prop_assert_eq!(grant.status == Status::Revoked, self.revoked);
        prop_assert_eq!(grant.family.generation as usize, self.refresh_tokens.len());
        prop_assert_eq!(grant.family.seen, self.seen);
        prop_assert_eq!(self.rig.upstream_tokens.all().is_empty(), self.revoked);
        Ok(())
    }
}

async fn run(steps: &[Step]) -> TestCaseResult {
    let mut model = Model::new().await;
    for step in steps {
        model.take(*step).await?;
        model.agrees_with_the_store()?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn whatever_happens_to_a_grant_the_rules_hold(steps in steps()) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run(&steps))?;
    }
}
