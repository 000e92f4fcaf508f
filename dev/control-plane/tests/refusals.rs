//! The refusals of the control plane, and its answers where it could only guess.
#![cfg(test)]

use control_plane::{ControlPlane, PIPELINE_CLIENT_ID, Plan};
use reqwest::{Certificate, Client, Proxy, RequestBuilder, StatusCode};
use serde_json::{Value, json};

const TENANT: &str = "00000000-0000-0000-0000-000000000002";
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
const RESOURCE_MANAGER: &str = "https://management.azure.com//.default";
const GRAPH: &str = "https://graph.microsoft.com/.default";
const PUBLIC_CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

struct Rig {
    cloud: ControlPlane,
    http: Client,
}

impl Rig {
    async fn start() -> Self {
        let plan = Plan { tenant: TENANT.into(), subscription: SUBSCRIPTION.into(), deployments: vec![] };
        let cloud = ControlPlane::start(plan).await.unwrap();
        let environment = cloud.environment();
        let [(_, proxy), (_, authority)] = environment.as_slice() else { panic!("{environment:?}") };
        let authority = Certificate::from_pem(&std::fs::read(authority).unwrap()).unwrap();
        let http = Client::builder().proxy(Proxy::all(proxy).unwrap()).tls_certs_only([authority]).build().unwrap();
        Self { cloud, http }
    }

    async fn sign_in(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let url = format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token");
        answer(self.http.post(url).form(form)).await
    }

    async fn device_code(&self) -> String {
        let url = "https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode";
        let form = [("client_id", PUBLIC_CLIENT), ("scope", RESOURCE_MANAGER)];
        answer(self.http.post(url).form(&form)).await.1["device_code"].as_str().unwrap().to_owned()
    }

    async fn token(&self, scope: &str) -> String {
        let code = self.device_code().await;
        let form =
            [("grant_type", "device_code"), ("device_code", &code), ("client_id", PUBLIC_CLIENT), ("scope", scope)];
        self.sign_in(&form).await.1["access_token"].as_str().unwrap().to_owned()
    }

    async fn get(&self, path: &str, token: &str) -> (StatusCode, Value) {
        answer(self.http.get(format!("https://management.azure.com{path}")).bearer_auth(token)).await
    }
}

async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

fn code(answer: &(StatusCode, Value)) -> (u16, &str) {
    (answer.0.as_u16(), answer.1["error"]["code"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_token_is_for_one_service_and_must_be_one_of_ours() {
    let rig = Rig::start().await;
    let (ours, graphs) = (rig.token(RESOURCE_MANAGER).await, rig.token(GRAPH).await);
    let path = "/subscriptions?api-version=2022-12-01";
    assert_eq!(rig.get(path, &ours).await.0, StatusCode::OK);
    let (signed, signature) = ours.rsplit_once('.').unwrap();
    let changed = format!("{signed}.{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    for token in ["", "x.y.z", &graphs, &changed] {
        assert_eq!(code(&rig.get(path, token).await), (401, "InvalidAuthenticationToken"), "{token}");
    }
}

#[tokio::test]
async fn a_device_code_is_redeemed_once() {
    let rig = Rig::start().await;
    let code = rig.device_code().await;
    let form = [
        ("grant_type", "device_code"),
        ("device_code", code.as_str()),
        ("client_id", PUBLIC_CLIENT),
        ("scope", RESOURCE_MANAGER),
    ];
    assert_eq!(rig.sign_in(&form).await.0, StatusCode::OK);
    let (status, answer) = rig.sign_in(&form).await;
    assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_workload_signs_in_with_githubs_token_for_this_purpose_alone() {
    let rig = Rig::start().await;
    let [(_, url), (_, request_token)] = rig.cloud.github_runner();
    let mut outcomes = Vec::new();
    for audience in ["api://AzureADTokenExchange", "https://github.com/contoso"] {
        let asked = rig.http.get(format!("{url}&audience={audience}")).bearer_auth(request_token);
        let assertion = answer(asked).await.1["value"].as_str().unwrap().to_owned();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", PIPELINE_CLIENT_ID),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", assertion.as_str()),
            ("scope", RESOURCE_MANAGER),
        ];
        outcomes.push(rig.sign_in(&form).await.0.as_u16());
    }
    assert_eq!(outcomes, [200, 400]);
    let (status, _) = answer(rig.http.get(url).bearer_auth("another run's")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_unsupported_request_is_answered_501_and_recorded() {
    let rig = Rig::start().await;
    let token = rig.token(RESOURCE_MANAGER).await;
    let path = format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/alerts/a/b?api-version=2021-04-01");
    assert_eq!(code(&rig.get(&path, &token).await), (501, "NotImplemented"));
    assert_eq!(rig.cloud.requests().last().unwrap().status.as_u16(), 501);
}

#[tokio::test]
async fn an_api_version_is_required_and_another_subscription_does_not_exist() {
    let rig = Rig::start().await;
    let token = rig.token(RESOURCE_MANAGER).await;
    for query in ["", "?api-version=", "?api-version=latest"] {
        let answer = rig.get(&format!("/subscriptions{query}"), &token).await;
        assert_eq!(code(&answer), (400, "MissingApiVersionParameter"), "{query}");
    }
    let answer = rig.get("/subscriptions/another?api-version=2022-12-01", &token).await;
    assert_eq!(code(&answer), (404, "SubscriptionNotFound"));
}

#[tokio::test]
async fn a_deployment_that_nobody_evaluated_is_refused() {
    let rig = Rig::start().await;
    let token = rig.token(RESOURCE_MANAGER).await;
    let url = format!(
        "https://management.azure.com/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Resources/deployments/d?api-version=2021-04-01"
    );
    let template = json!({ "parameters": { "count": { "type": "int" } }, "resources": [{}] });
    let mut codes = Vec::new();
    for value in [json!("1"), json!(1)] {
        let properties =
            json!({ "mode": "Incremental", "template": template, "parameters": { "count": { "value": value } } });
        let body = json!({ "location": "westeurope", "properties": properties });
        let answer = answer(rig.http.put(&url).bearer_auth(&token).json(&body)).await;
        codes.push(code(&answer).1.to_owned());
    }
    assert_eq!(codes, ["InvalidTemplate", "NotImplemented"]);
    assert!(rig.cloud.deployed().is_empty());
}

#[tokio::test]
async fn the_proxy_leads_to_no_other_host() {
    let rig = Rig::start().await;
    for host in ["example.com", "unknown.scm.azurewebsites.net"] {
        assert!(rig.http.get(format!("https://{host}/")).send().await.unwrap_err().is_connect(), "{host}");
        let refused = rig.cloud.requests().last().unwrap().clone();
        assert_eq!((refused.host.as_str(), refused.status), (host, StatusCode::FORBIDDEN));
    }
}
