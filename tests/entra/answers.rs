//! Our reading of each recorded answer of the token endpoint, beside MSAL's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use authorization_server::{
    endpoints::token_error::TokenError,
    resource::{
        authenticate::Principal,
        downstream::{DownstreamError, DownstreamTokens as _},
    },
    state::claims::Claims,
    upstream::{Upstream as _, UpstreamRefusal},
};
use local_tenant::{Options, Tenant};
use remote_auth_mcp::entra::Entra;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use testkit::{SignedIn, user_read};
use tokio::task::JoinSet;

use crate::{
    differences::assert_all_named,
    scripted::{Bytes, Scripted, response},
    support::{Ids, entra, http},
};

const GOLDEN: &str = include_str!("../golden/entra/classification.json");
const NONCE: &str = "the nonce";
/// We have no long-running on-behalf-of of MSAL's kind.
const FLOWS: [&str; 3] = ["code", "refresh", "obo"];

fn golden() -> Value {
    serde_json::from_str(GOLDEN).unwrap()
}

/// All cases.
pub(crate) fn ids() -> Vec<String> {
    golden()["cases"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect()
}

/// An authority that the adapter believes: its ID tokens are signed by the key it publishes.
struct Rig {
    tenant: Arc<Tenant>,
    server: Scripted,
    entra: Entra,
    ids: Ids,
}

impl Rig {
    async fn start(tenant: &Arc<Tenant>, keys: &Value) -> Self {
        let setting = |name: &str| tenant.settings().into_iter().find(|(known, _)| known == name).unwrap().1;
        let ids = Ids { tenant: setting("ENTRA_TENANT_ID"), client: setting("ENTRA_CLIENT_ID") };
        let server = Scripted::start(keys).await;
        let entra = entra(&server.url, &ids, "an assertion");
        Self { tenant: Arc::clone(tenant), server, entra, ids }
    }

    fn id_token(&self, changes: &Value) -> Value {
        let mut claims = json!({
            "iss": format!("{}/{}/v2.0", self.server.url, self.ids.tenant),
            "aud": self.ids.client,
            "tid": self.ids.tenant,
            "oid": self.tenant.users()[0].oid,
            "nonce": NONCE,
            "exp": 9_999_999_999_i64,
        });
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        self.tenant.sign(&claims).into()
    }

    fn good_answer(&self) -> Map<String, Value> {
        let answer = json!({
            "token_type": "Bearer",
            "scope": "email https://graph.microsoft.com/User.Read openid profile",
            "expires_in": 3600,
            "access_token": "AT1",
            "refresh_token": "RT1",
            "id_token": self.id_token(&json!({})),
            "client_info": "eyJ1aWQiOiJ1IiwidXRpZCI6InQifQ",
        });
        answer.as_object().unwrap().clone()
    }

    /// Sends the grant of this flow: what came of it, and how often it was asked.
    async fn run(&self, flow: &str, answers: Vec<Bytes>) -> Outcome {
        let refusal = self.refusal(flow, answers).await;
        Outcome { kind: refusal.as_ref().map_or("answered", kind), attempts: self.server.bodies().len() as u64 }
    }

    async fn refusal(&self, flow: &str, answers: Vec<Bytes>) -> Option<UpstreamRefusal> {
        self.server.prepare(answers);
        let secret = "a secret".into();
        match flow {
            "code" => self.entra.redeem(&secret, &secret, NONCE).await.err(),
            "refresh" => self.entra.refresh(&secret).await.err(),
            _ => self.entra.on_behalf_of(&secret, &user_read(), None).await.err(),
        }
    }

    /// The bytes that a case's `given` stands for.
    fn given(&self, id: &str, given: &Value) -> Vec<Bytes> {
        let good = || Value::Object(self.good_answer()).to_string();
        let json = [("content-type".to_owned(), "application/json".to_owned())];
        match id {
            "connection_reset" => return vec![Bytes::new()],
            "truncated_body" => {
                let whole = response(200, &json, good().as_bytes());
                return vec![whole[..whole.len() - 10].to_vec()];
            }
            "500_then_ok" => return vec![response(500, &[], b"<html>"), response(200, &json, good().as_bytes())],
            "200/bom_and_utf8" => return vec![response(200, &json, format!("\u{feff}{}", good()).as_bytes())],
            "200/no_content_type" => return vec![response(200, &[], good().as_bytes())],
            "200/correlation_id_header_differs" | "201/good_body" => {
                return vec![response(status(given), &headers(given), good().as_bytes())];
            }
            _ => {}
        }
        vec![response(status(given), &headers(given), self.body(id, given).as_bytes())]
    }

    fn body(&self, id: &str, given: &Value) -> String {
        if let Some(body) = given["body"].as_str() {
            return body.to_owned();
        }
        if given.get("json").is_some() {
            return given["json"].to_string();
        }
        let changed = match given["change_to_good_answer"].as_object() {
            Some(changes) => changes.clone(),
            None => self.in_words(id).as_object().unwrap().clone(),
        };
        let mut answer = self.good_answer();
        answer.extend(changed);
        answer.retain(|_, value| !value.is_null());
        Value::Object(answer).to_string()
    }

    /// The changes that the golden data tells in words.
    fn in_words(&self, id: &str) -> Value {
        let elsewhere = "00000000-0000-0000-0000-000000000000";
        match id {
            "200/id_token_other_tenant" => {
                let iss = format!("{}/{elsewhere}/v2.0", self.server.url);
                json!({ "id_token": self.id_token(&json!({ "tid": elsewhere, "iss": iss })) })
            }
            "200/client_info_other_tenant" => json!({ "client_info": "eyJ1aWQiOiJ1IiwidXRpZCI6Im8ifQ" }),
            "200/other_user" => {
                let oid = self.tenant.users()[1].oid;
                json!({ "id_token": self.id_token(&json!({ "oid": oid })), "client_info": "eyJ1aWQiOiJ2IiwidXRpZCI6InQifQ" })
            }
            "200/id_token_other_audience" => json!({ "id_token": self.id_token(&json!({ "aud": elsewhere })) }),
            other => panic!("{other} says what is given in words that are not known here"),
        }
    }
}

fn status(given: &Value) -> u16 {
    given["status"].as_u64().unwrap().try_into().unwrap()
}

fn headers(given: &Value) -> Vec<(String, String)> {
    let fixed = |(name, value): (&String, &Value)| {
        let value = value.as_str().unwrap().replace("<HTTP date in the future>", "Fri, 31 Dec 2100 23:59:59 GMT");
        (name.clone(), value)
    };
    given["headers"].as_object().into_iter().flatten().map(fixed).collect()
}

#[derive(Debug, PartialEq)]
struct Outcome {
    kind: &'static str,
    attempts: u64,
}

fn kind(refusal: &UpstreamRefusal) -> &'static str {
    match refusal {
        UpstreamRefusal::InteractionRequired { claims: Some(_), .. } => "claims",
        UpstreamRefusal::InteractionRequired { claims: None, .. } | UpstreamRefusal::ConsentRequired { .. } => {
            "interaction"
        }
        UpstreamRefusal::InvalidGrant { .. } => "invalid grant",
        UpstreamRefusal::Blocked { .. } => "blocked",
        UpstreamRefusal::Refused { .. } => "refused",
        UpstreamRefusal::Unavailable(_) => "unavailable",
    }
}

/// MSAL's outcome in our words. Its "UI required" is three of ours: where a sign-in satisfies a demand, where it can only
/// show a message, and where the grant is dead.
fn theirs(result: &Value) -> Outcome {
    let text = |member: &str| result[member].as_str().unwrap_or_default();
    let kind = match text("exception") {
        _ if result["ok"] == true => "answered",
        _ if result["retryable"] == true => "unavailable",
        "MsalClaimsChallengeException" => "claims",
        "MsalUiRequiredException" => {
            let dead = text("error_code").eq_ignore_ascii_case("invalid_grant");
            match text("classification") {
                "MessageOnly" => "blocked",
                "None" if dead => "invalid grant",
                _ => "interaction",
            }
        }
        _ => "refused",
    };
    Outcome { kind, attempts: result["attempts"].as_u64().unwrap_or(1) }
}

/// The part of a case's result that is of a flow.
fn result_of<'a>(case: &'a Value, flow: &str) -> &'a Value {
    let results = case["result"].as_object().unwrap();
    let of_flow = |(name, _): &(&String, &Value)| *name == "all_flows" || name.split('+').any(|part| part == flow);
    results.iter().find(of_flow).unwrap().1
}

fn difference(flow: &str, ours: &Outcome, theirs: &Outcome) -> Option<String> {
    let Outcome { kind, attempts } = ours;
    (ours != theirs).then(|| format!("{flow}: {kind} in {attempts}, theirs {} in {}", theirs.kind, theirs.attempts))
}

async fn signer() -> (Arc<Tenant>, Value) {
    let tenant = local_tenant::start(Options::default()).await.unwrap();
    let id = tenant.settings().into_iter().find(|(name, _)| name == "ENTRA_TENANT_ID").unwrap().1;
    let url = format!("{}/{id}/discovery/v2.0/keys", tenant.base_url());
    (Arc::new(tenant), http().get(url).send().await.unwrap().json().await.unwrap())
}

/// The result of each recorded answer. All at once: some wait before they ask again.
async fn each_case<T, F>(run: impl Fn(Rig, Value) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (tenant, keys) = signer().await;
    let mut cases = JoinSet::new();
    for case in golden()["cases"].as_array().unwrap().clone() {
        cases.spawn(run(Rig::start(&tenant, &keys).await, case));
    }
    cases.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_answer_means_what_it_meant_to_msal() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for flow in FLOWS {
        let differences = each_case(move |rig, case| async move {
            let id = case["id"].as_str().unwrap().to_owned();
            let ours = rig.run(flow, rig.given(&id, &case["given"])).await;
            (id, difference(flow, &ours, &theirs(result_of(&case, flow))))
        });
        for (id, difference) in differences.await {
            found.entry(id).or_default().extend(difference);
        }
    }
    assert_all_named(&ids(), &found);
}

/// Whether the answer to a refresh sends the user to sign in. `tests/edge/refusals.rs` shows that the other answers do not.
fn asks_for_sign_in(error: &TokenError) -> bool {
    !matches!(error, TokenError::Blocked | TokenError::Refused(_) | TokenError::Unavailable(_))
}

/// The principal of a client, which refreshes at a 401.
async fn authenticated(rig: &testkit::Rig, client: &mut SignedIn) -> Result<Principal, TokenError> {
    let token = client.tokens.access_token.expose_secret();
    if let Some(principal) = rig.server.authenticate(token).await.unwrap() {
        return Ok(principal);
    }
    client.tokens = rig.refresh(&client.client_id, &client.tokens.refresh_token).await?;
    Ok(rig.server.authenticate(client.tokens.access_token.expose_secret()).await.unwrap().unwrap())
}

/// A user to whom this happens at the first use of a grant, signs in, and has the same again: how often the user is sent to
/// sign in. An exchange that is refused is tried twice.
async fn sign_ins(flow: &str, refusals: Vec<UpstreamRefusal>) -> usize {
    let rig = testkit::Rig::new().unwrap();
    let again = refusals.first().cloned();
    let mut refusals = refusals.into_iter();
    let mut client = rig.sign_in().await.unwrap();
    let mut asked = 0;
    for round in 0..2 {
        rig.clock.advance(time::Duration::MINUTE);
        // Claims that were demanded are tried at the sign-in, and refused again.
        if let (1.., Some(UpstreamRefusal::InteractionRequired { claims: Some(_), .. })) = (asked, &again) {
            let legs = [again.clone(), again.clone()];
            legs.into_iter().flatten().for_each(|refusal| rig.upstream.refuse_on_behalf_of(refusal));
        }
        // A sign-in that ends with a page gives no code: the client goes on with the tokens that it has.
        if round > 0
            && let Ok(anew) = rig.sign_in().await
        {
            client = anew;
        }
        // Entra's tokens live for 75 minutes: a refresh renews them.
        rig.clock.advance(time::Duration::minutes(30));
        let refused = if flow == "refresh" {
            refusals.next().into_iter().for_each(|refusal| rig.upstream.refuse_refresh(refusal));
            rig.refresh(&client.client_id, &client.tokens.refresh_token).await.err()
        } else {
            match authenticated(&rig, &mut client).await {
                Ok(principal) => {
                    refusals.by_ref().take(2).for_each(|refusal| rig.upstream.refuse_on_behalf_of(refusal));
                    let exchanged = rig.server.token(&principal, &user_read(), None).await;
                    asked += usize::from(matches!(exchanged, Err(DownstreamError::SignInAgain)));
                    None
                }
                Err(error) => Some(error),
            }
        };
        asked += usize::from(refused.is_some_and(|error| asks_for_sign_in(&error)));
    }
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn no_recorded_answer_that_comes_again_after_a_sign_in_asks_for_another() {
    for flow in ["refresh", "obo"] {
        let asked = each_case(move |rig, case| async move {
            let id = case["id"].as_str().unwrap().to_owned();
            let mut refusals = Vec::new();
            for _ in 0..4 {
                refusals.extend(rig.refusal(flow, rig.given(&id, &case["given"])).await);
            }
            (sign_ins(flow, refusals).await, id)
        });
        let asked = asked.await;
        let twice: Vec<_> = asked.iter().filter(|(asked, _)| *asked > 1).collect();
        assert!(twice.is_empty(), "{flow}: {twice:?}");
        assert!(asked.iter().filter(|(asked, _)| *asked == 1).count() > 10, "{flow}: {asked:?}");
    }
}

#[tokio::test]
async fn the_number_changes_nothing() {
    let (tenant, keys) = signer().await;
    let rig = Rig::start(&tenant, &keys).await;
    let matrix = golden()["aadsts_matrix"].clone();
    for answer in matrix["by_answer"].as_array().unwrap() {
        let (given, expected) = (&answer["given"], theirs(&answer["outcomes"][0]["result"]));
        for number in matrix["codes"].as_array().unwrap() {
            let mut body = json!({ "error": given["error"], "error_codes": [number] });
            if given["suberror"].is_string() {
                body["suberror"] = given["suberror"].clone();
            }
            if given["claims"] == true {
                body["claims"] = r#"{"access_token":{"capolids":{"essential":true,"values":["c"]}}}"#.into();
            }
            for flow in FLOWS {
                let ours = rig.run(flow, vec![response(status(given), &[], body.to_string().as_bytes())]).await;
                assert_eq!(ours, expected, "{flow} {body}");
            }
        }
    }
}

#[tokio::test]
async fn of_a_claims_challenge_the_access_token_is_passed_on() {
    let (tenant, keys) = signer().await;
    let rig = Rig::start(&tenant, &keys).await;
    let claims = r#"{ "access_token": {"acrs":{"essential":true,"value":"c1"}}, "id_token": {"email":null} }"#;
    let body = json!({ "error": "interaction_required", "claims": claims });
    rig.server.prepare([response(400, &[], body.to_string().as_bytes())]);
    match rig.entra.refresh(&"a secret".into()).await.err() {
        Some(UpstreamRefusal::InteractionRequired { claims: Some(passed), .. }) => {
            assert_eq!(Some(passed), Claims::parse(claims));
        }
        other => panic!("{other:?}"),
    }
}
