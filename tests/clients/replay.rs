//! Sends a fixture's requests one after another and compares the answers with what the client needs.

use std::{collections::BTreeMap, fs};

use reqwest::{Method, Response, Url};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    browser::{Browser, CHALLENGE, VERIFIER, consent_form, location},
    deployment::Deployment,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    client: String,
    /// The source that shows that the client sends this.
    source: Vec<String>,
    steps: Vec<Value>,
}

/// One request. `{name}` in it stands for a value that was kept before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    /// The client's use of the answer.
    needs: String,
    /// Method and path; GET /authorize is a browser's whole way to the client's redirect.
    request: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    query: Map<String, Value>,
    json: Option<Value>,
    form: Option<Map<String, Value>>,
    answer: Answer,
}

/// The expected members and headers; others are ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    /// Of each named header, a part; of `location`, all but the query.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body; of a redirect, its parameters.
    #[serde(default)]
    json: Value,
    /// Members that must not be there.
    #[serde(default)]
    absent: Vec<String>,
    /// Names for values, by JSON pointer (RFC 6901).
    #[serde(default)]
    keep: BTreeMap<String, String>,
}

type Kept = BTreeMap<String, String>;

/// Fails at the first answer that is not what the client needs.
pub(crate) async fn replay(name: &str) {
    let path = format!("{}/tests/fixtures/clients/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let fixture: Fixture = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    assert!(!fixture.source.is_empty() && !fixture.steps.is_empty());
    let server = Deployment::start().await;
    let mut kept = Kept::from([
        ("base".to_owned(), server.url.clone()),
        ("challenge".to_owned(), CHALLENGE.to_owned()),
        ("verifier".to_owned(), VERIFIER.to_owned()),
    ]);
    for step in &fixture.steps {
        let step: Step = serde_json::from_value(filled(step, &kept)).unwrap();
        let about = format!("{}, {}: {}", fixture.client, step.request, step.needs);
        let (status, headers, body) = send(&server, &step).await;
        check(&step.answer, status, &headers, &body, &about);
        for (name, pointer) in step.answer.keep {
            let value = body.pointer(&pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{about}: {body}"));
            kept.insert(name, value.to_owned());
        }
    }
}

fn filled(value: &Value, kept: &Kept) -> Value {
    match value {
        Value::String(text) => {
            let fill = |text: String, (name, value): (&String, &String)| text.replace(&format!("{{{name}}}"), value);
            kept.iter().fold(text.clone(), fill).into()
        }
        Value::Array(items) => items.iter().map(|item| filled(item, kept)).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), filled(value, kept))).collect(),
        other => other.clone(),
    }
}

async fn send(server: &Deployment, step: &Step) -> (u16, BTreeMap<String, String>, Value) {
    let (method, path) = step.request.split_once(' ').unwrap();
    let url = url(&server.url, path, &step.query);
    if path == "/authorize" {
        return redirected(server, url.as_str()).await;
    }
    let mut request = server.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url);
    for (name, value) in &step.headers {
        request = request.header(name, value);
    }
    request = match (&step.json, &step.form) {
        (Some(json), None) => request.json(json),
        (None, Some(form)) => request.form(&pairs(form)),
        _ => request,
    };
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), headers(&answer));
    (status, headers, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

/// A person allows and signs in; the parameters of the redirect to the client.
async fn redirected(server: &Deployment, url: &str) -> (u16, BTreeMap<String, String>, Value) {
    let mut browser = Browser::default();
    let page = browser.get(server, url).await;
    assert_eq!(page.status(), 200, "{url}");
    let form = consent_form(&page.text().await.unwrap());
    let callback = browser.allow(server, &form).await;
    let answer = browser.get(server, &callback).await;
    let mut to = Url::parse(&location(&answer)).unwrap();
    let parameters: Map<String, Value> =
        to.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    to.set_query(None);
    (answer.status().as_u16(), BTreeMap::from([("location".to_owned(), to.into())]), parameters.into())
}

fn url(base: &str, path: &str, query: &Map<String, Value>) -> Url {
    let mut url = Url::parse(&format!("{base}{path}")).unwrap();
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs(query));
    }
    url
}

fn pairs(members: &Map<String, Value>) -> Vec<(&str, &str)> {
    members.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect()
}

fn headers(answer: &Response) -> BTreeMap<String, String> {
    answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

fn check(needed: &Answer, status: u16, headers: &BTreeMap<String, String>, body: &Value, about: &str) {
    assert_eq!(status, needed.status, "{about}: {body}");
    for (name, part) in &needed.headers {
        let value = headers.get(name).unwrap_or_else(|| panic!("{about}: no {name}"));
        let fits = if name == "location" { value == part } else { value.contains(part) };
        assert!(fits, "{about}: {name} is {value}, without {part}");
    }
    assert!(contains(body, &needed.json), "{about}: {body}, without {}", needed.json);
    for name in &needed.absent {
        assert_eq!(body.get(name), None, "{about}: {name}");
    }
}

/// Objects may have more members; everything else is equal.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (_, Value::Null) => true,
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|whole| contains(whole, value)))
        }
        (whole, part) => whole == part,
    }
}

#[test]
fn an_answer_may_say_more_but_not_less_or_other() {
    let whole = json!({ "a": 1, "b": { "c": [1, 2], "d": "x" } });
    assert!(contains(&whole, &json!({ "b": { "c": [1, 2] } })));
    for part in [json!({ "a": 2 }), json!({ "b": { "c": [1] } }), json!({ "e": 1 }), json!({ "b": { "e": 1 } })] {
        assert!(!contains(&whole, &part), "{part}");
    }
}
