//! Our requests, member by member beside the recorded ones.

use std::collections::{BTreeMap, BTreeSet};

use authorization_server::{
    state::{claims::Claims, pending_consent::SignInPrompt},
    upstream::{SignInRequest, SignedInUser, Upstream as _, UpstreamAnswer, UpstreamRefusal},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use local_tenant::Recorded;
use reqwest::Url;
use secrecy::SecretString;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use testkit::user_read;

use crate::{
    differences::assert_all_named,
    support::{Local, http},
};

const GOLDEN: &str = include_str!("../golden/entra/requests.json");
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const NONCE: &str = "the nonce";
const TOKEN: &str = "/oauth2/v2.0/token";
/// Of any HTTP client; the recording left them out, too.
const TRANSPORT: [&str; 5] = ["host", "content-length", "connection", "accept-encoding", "traceparent"];
/// Values that only the application knows.
const OF_THE_APP: [&str; 1] = ["redirect_uri"];

/// Names and values. `None` for a value that is secret, or another in each run.
type Members = BTreeMap<String, Option<String>>;

/// A request as both sides can be compared.
pub(crate) struct Shape {
    method: String,
    path: String,
    query: Members,
    headers: Members,
    form: Members,
}

fn golden() -> Value {
    serde_json::from_str(GOLDEN).unwrap()
}

/// All entries.
pub(crate) fn ids() -> Vec<String> {
    golden()["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

/// The request that a library sent to a path with this end.
fn theirs(id: &str, path_end: &str) -> Shape {
    let golden = golden();
    let entry = golden["entries"].as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap();
    let requests = entry["requests"].as_array().unwrap();
    let request = requests.iter().find(|request| request["url"].as_str().unwrap().ends_with(path_end)).unwrap();
    let url = request["url"].as_str().unwrap();
    let mut headers = members(&request["headers"]);
    for set in request["header_sets"].as_array().into_iter().flatten() {
        headers.extend(members(&golden["header_sets"][set.as_str().unwrap()]));
    }
    Shape {
        method: request["method"].as_str().unwrap().to_owned(),
        path: url.splitn(4, '/').nth(3).map(|path| format!("/{path}")).unwrap(),
        // The caller's own addition, as the entry says.
        query: members(&request["query"]).into_iter().filter(|(name, _)| name != "dc").collect(),
        headers: headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
        form: members(&request["form"]),
    }
}

fn members(object: &Value) -> Members {
    let empty = Map::new();
    let fixed = |value: &Value| value.as_str().filter(|text| !text.contains('<')).map(str::to_owned);
    object.as_object().unwrap_or(&empty).iter().map(|(name, value)| (name.clone(), fixed(value))).collect()
}

/// The shape of our request.
pub(crate) fn ours(request: &Recorded, local: &Local) -> Shape {
    let members = |members: &[local_tenant::Member]| -> Members {
        members.iter().map(|member| (member.name.clone(), member.value.clone())).collect()
    };
    let mut headers = members(&request.headers);
    headers.retain(|name, _| !TRANSPORT.contains(&name.as_str()));
    Shape {
        method: request.method.clone(),
        path: request.path.replace(&local.ids.tenant, "<tenant>"),
        query: members(&request.query),
        headers,
        form: members(&request.form),
    }
}

/// Every difference, in a few words.
fn compare(ours: &Shape, theirs: &Shape) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (part, ours, theirs) in [("method", &ours.method, &theirs.method), ("path", &ours.path, &theirs.path)] {
        if ours != theirs {
            found.insert(format!("{part}: {ours}, theirs {theirs}"));
        }
    }
    for (part, ours, theirs) in [
        ("query", &ours.query, &theirs.query),
        ("header", &ours.headers, &theirs.headers),
        ("form", &ours.form, &theirs.form),
    ] {
        for name in ours.keys().chain(theirs.keys()) {
            found.extend(
                compare_member(name, ours.get(name), theirs.get(name)).map(|how| format!("{part} {name}: {how}")),
            );
        }
    }
    found
}

fn compare_member(name: &str, ours: Option<&Option<String>>, theirs: Option<&Option<String>>) -> Option<&'static str> {
    match (ours, theirs) {
        (Some(_), None) => Some("only ours"),
        (None, Some(_)) => Some("only theirs"),
        (Some(Some(ours)), Some(Some(theirs))) if !same(name, ours, theirs) => Some("differs"),
        _ => None,
    }
}

/// Scopes in any order, JSON by its meaning, all else as it is.
fn same(name: &str, ours: &str, theirs: &str) -> bool {
    match name {
        _ if OF_THE_APP.contains(&name) => true,
        "scope" => ours.split(' ').collect::<BTreeSet<_>>() == theirs.split(' ').collect::<BTreeSet<_>>(),
        "claims" => serde_json::from_str::<Value>(ours).unwrap() == serde_json::from_str::<Value>(theirs).unwrap(),
        _ => ours == theirs,
    }
}

/// Compares one of our requests with recorded ones.
pub(crate) fn assert_alike(ours: &Shape, ids: &[&str], path_end: &str) {
    let found = ids.iter().map(|id| ((*id).to_owned(), compare(ours, &theirs(id, path_end)))).collect();
    assert_all_named(&ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(), &found);
}

fn sign_in_url(local: &Local) -> Url {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let sign_in = SignInRequest {
        state: "the state",
        code_challenge: &challenge,
        nonce: NONCE,
        downstream_scopes: &[user_read()],
        prompt: SignInPrompt::SelectAccount,
        demanded: None,
    };
    Url::parse(&local.entra.sign_in_url(&sign_in)).unwrap()
}

/// Signs Alice in, and redeems the code.
pub(crate) async fn redeem(local: &Local) -> UpstreamAnswer {
    try_redeem(local, || {}).await.unwrap().tokens
}

/// Signs Alice in, and redeems the code after `before`.
pub(crate) async fn try_redeem(local: &Local, before: impl FnOnce()) -> Result<SignedInUser, UpstreamRefusal> {
    let response = http().get(sign_in_url(local)).send().await.unwrap();
    let location = Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
    let code: SecretString = location.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned().into();
    before();
    local.entra.redeem(&code, &VERIFIER.into(), NONCE).await
}

fn last(local: &Local) -> Shape {
    ours(local.tenant.requests().last().unwrap(), local)
}

#[tokio::test]
async fn the_authorization_request_is_the_recorded_one() {
    let local = Local::start().await;
    http().get(sign_in_url(&local)).send().await.unwrap();
    let golden = golden();
    let entry = golden["entries"].as_array().unwrap().iter().find(|entry| entry["id"] == "msal.authorize.cp1").unwrap();
    let mut ours = last(&local);
    // A browser sends it.
    ours.headers.clear();
    let theirs = Shape {
        method: "GET".to_owned(),
        path: "/<tenant>/oauth2/v2.0/authorize".to_owned(),
        query: members(&entry["query"]),
        headers: Members::new(),
        form: Members::new(),
    };
    let id = "msal.authorize.cp1".to_owned();
    assert_all_named(std::slice::from_ref(&id), &BTreeMap::from([(id.clone(), compare(&ours, &theirs))]));
}

#[tokio::test]
async fn the_redemption_is_the_recorded_one() {
    let local = Local::start().await;
    redeem(&local).await;
    let redemption = local.tenant.requests().into_iter().find(|request| request.path.ends_with(TOKEN)).unwrap();
    assert_alike(&ours(&redemption, &local), &["msal.code.cp1"], TOKEN);
}

#[tokio::test]
async fn the_refresh_is_the_recorded_one() {
    let local = Local::start().await;
    let refresh_token = redeem(&local).await.refresh_token.unwrap();
    local.entra.refresh(&refresh_token).await.unwrap();
    assert_alike(&last(&local), &["msal.refresh.cp1"], TOKEN);
}

#[tokio::test]
async fn the_exchange_is_the_recorded_one() {
    let local = Local::start().await;
    let access_token = redeem(&local).await.access_token;
    local.entra.on_behalf_of(&access_token, &user_read(), None).await.unwrap();
    assert_alike(&last(&local), &["msal.obo.cp1", "idweb.obo.first", "azid.obo.cae"], TOKEN);
}

#[test]
fn a_planted_difference_is_found() {
    let shape = |form: &[(&str, &str)]| Shape {
        method: "POST".to_owned(),
        path: "/".to_owned(),
        query: Members::new(),
        headers: Members::new(),
        form: form.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect(),
    };
    let theirs = shape(&[("scope", "a b"), ("grant_type", "refresh_token")]);
    assert!(compare(&shape(&[("grant_type", "refresh_token"), ("scope", "b a")]), &theirs).is_empty());
    let found = compare(&shape(&[("scope", "a"), ("resource", "r")]), &theirs);
    let expected = ["form grant_type: only theirs", "form resource: only ours", "form scope: differs"];
    assert!(found.iter().eq(expected), "{found:?}");
}

/// Except that only the access token's claims are kept, and that only we declare capabilities.
#[tokio::test]
async fn demanded_claims_are_merged_with_our_capabilities_as_msal_merges_them() {
    let local = Local::start().await;
    let golden: Value = serde_json::from_str(include_str!("../golden/entra/claims.json")).unwrap();
    let json = |value: &Value| serde_json::from_str::<Value>(value.as_str().unwrap_or_default()).ok();
    let mut compared = 0;
    for entry in golden["merge"]["entries"].as_array().unwrap() {
        let demanded = entry["claims_in"].as_str().and_then(Claims::parse);
        let (id, theirs) = (entry["id"].as_str().unwrap(), json(&entry["claims_out"]));
        let (Some(demanded), Some(mut theirs)) = (demanded, theirs.filter(|_| entry["capabilities"][0] == "cp1"))
        else {
            continue;
        };
        theirs.as_object_mut().unwrap().retain(|target, _| target == "access_token");
        theirs["access_token"]["xms_cc"] = serde_json::json!({ "values": ["cp1"] });
        let _ = local.entra.on_behalf_of(&"a secret".into(), &user_read(), Some(&demanded)).await;
        let Some(Some(ours)) = last(&local).form.remove("claims") else { panic!("{id}: no claims") };
        assert_eq!(serde_json::from_str::<Value>(&ours).unwrap(), theirs, "{id}");
        compared += 1;
    }
    assert!(compared >= 8, "{compared}");
}
