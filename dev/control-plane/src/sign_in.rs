//! `login.microsoftonline.com`, for a public client with a device code and for a workload with a federated token.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stand_in::random;

use crate::answer::Answer;
use crate::asked::{Asked, form, value};
use crate::github;
use crate::json::merge;
use crate::state::State;
use crate::tokens::{Audience, PIPELINE_CLIENT_ID, Principal, USER};

pub(crate) const HOST: &str = "login.microsoftonline.com";
/// The Azure Developer CLI signs people in as the Azure CLI.
const PUBLIC_CLIENT: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// MSAL for Go sends this in place of the URN of RFC 8628; Entra takes both.
const DEVICE_CODE: &str = "device_code";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

type Form = [(String, String)];

pub(crate) fn answer(state: &mut State, asked: &Asked) -> Answer {
    match (&asked.method, asked.segments().as_slice()) {
        (&Method::GET, ["common", "discovery", "instance"]) => instances(),
        (&Method::GET, [tenant, "v2.0", ".well-known", "openid-configuration"]) => configuration(state, tenant),
        (&Method::POST, [tenant, "oauth2", "v2.0", "devicecode"]) if state.is_tenant(tenant) => {
            device_code(state, asked)
        }
        (&Method::POST, [tenant, "oauth2", "v2.0", "token"]) if state.is_tenant(tenant) => token(state, asked),
        _ => Answer::not_implemented(asked),
    }
}

fn instances() -> Answer {
    Answer::ok(json!({
        "api-version": "1.1",
        "tenant_discovery_endpoint": format!("https://{HOST}/common/v2.0/.well-known/openid-configuration"),
        "metadata": [{ "preferred_network": HOST, "preferred_cache": HOST, "aliases": [HOST] }],
    }))
}

fn configuration(state: &State, tenant: &str) -> Answer {
    if !state.is_tenant(tenant) {
        return refused("invalid_tenant", &format!("AADSTS90002: Tenant '{tenant}' not found."));
    }
    let base = format!("https://{HOST}/{tenant}");
    Answer::ok(json!({
        "issuer": format!("{base}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
    }))
}

/// RFC 8628 §3.2. The person approves at once.
fn device_code(state: &mut State, asked: &Asked) -> Answer {
    let form = form(&asked.body);
    if value(&form, "client_id") != PUBLIC_CLIENT || audience(&form).is_none() {
        return refused("invalid_request", "AADSTS900144: client_id or scope is missing, or nobody has registered it.");
    }
    let code = random::uuid();
    state.sign_ins.device_codes.push(code.clone());
    Answer::ok(json!({
        "user_code": "LOOPBACK", "device_code": code, "verification_uri": "https://microsoft.com/devicelogin",
        "expires_in": 900, "interval": 1, "message": "Enter the code LOOPBACK.",
    }))
}

fn token(state: &mut State, asked: &Asked) -> Answer {
    let form = form(&asked.body);
    let Some(audience) = audience(&form) else {
        return refused("invalid_scope", &format!("AADSTS70011: the scope {:?} is not valid.", value(&form, "scope")));
    };
    match value(&form, "grant_type") {
        DEVICE_CODE if state.sign_ins.redeem(value(&form, "device_code")) => person(state, audience, &form),
        "refresh_token" if state.sign_ins.may_refresh(value(&form, "refresh_token")) => person(state, audience, &form),
        "client_credentials" if value(&form, "client_assertion_type") == JWT_BEARER => workload(state, audience, &form),
        grant => refused(
            "invalid_grant",
            &format!("AADSTS70000: the grant {grant:?} is unknown, or what it redeems is not valid."),
        ),
    }
}

/// A public client gets a refresh token, an id token and what identifies the account.
fn person(state: &mut State, audience: Audience, form: &Form) -> Answer {
    if value(form, "client_id") != PUBLIC_CLIENT {
        return refused("unauthorized_client", "AADSTS700016: the application was not found.");
    }
    let tenant = state.tenant.clone();
    let object_id = Principal::User.object_id();
    let mut token = state.tokens.issue(&tenant, audience, Principal::User);
    let refresh_token = random::uuid();
    state.sign_ins.refresh_tokens.push(refresh_token.clone());
    let id_token = json!({
        "iss": format!("https://{HOST}/{tenant}/v2.0"), "aud": PUBLIC_CLIENT, "tid": tenant, "oid": object_id,
        "sub": object_id, "preferred_username": USER, "name": "Olive Owner",
    });
    merge(
        &mut token,
        json!({
            "scope": value(form, "scope"), "refresh_token": refresh_token, "id_token": state.tokens.sign(id_token),
            "client_info": base64_json(&json!({ "uid": object_id, "utid": tenant })), "foci": "1", "ext_expires_in": 3600,
        }),
    );
    Answer::ok(token)
}

fn workload(state: &mut State, audience: Audience, form: &Form) -> Answer {
    if value(form, "client_id") != PIPELINE_CLIENT_ID {
        return refused("unauthorized_client", "AADSTS700016: the application was not found.");
    }
    if !github::is_ours(state, value(form, "client_assertion")) {
        return refused(
            "invalid_client",
            "AADSTS700213: no matching federated identity record found for the assertion.",
        );
    }
    let tenant = state.tenant.clone();
    Answer::ok(state.tokens.issue(&tenant, audience, Principal::Pipeline))
}

/// The one service that the scopes are for; those of OpenID Connect are for none.
fn audience(form: &Form) -> Option<Audience> {
    let openid = ["openid", "profile", "offline_access"];
    let mut scopes = value(form, "scope").split(' ').filter(|scope| !openid.contains(scope));
    let audience = Audience::of_scope(scopes.next()?)?;
    scopes.next().is_none().then_some(audience)
}

fn base64_json(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn refused(error: &str, description: &str) -> Answer {
    let codes: Vec<u32> =
        description.get(6..).and_then(|rest| rest.split(':').next()?.parse().ok()).into_iter().collect();
    Answer::of(
        StatusCode::BAD_REQUEST,
        json!({ "error": error, "error_description": description, "error_codes": codes }),
    )
}
