//! Microsoft Graph v1.0, as far as `GET /v1.0/me`, and the user's calendar view, contacts and messages.

pub(crate) mod calendar_view;
pub(crate) mod contacts;
mod ended;
pub(crate) mod messages;
mod options;
mod time_zone;

use std::{borrow::Cow, sync::Arc};

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use stand_in::{UnverifiedJwt, jwt::bearer, random};
use time::macros::format_description;

use crate::registration::{GRAPH_APP_ID, TENANT_ID};
use crate::{sts::Sts, users, users::User};

const CONTENT_TYPE: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// A permission, and how Graph refuses a token that lacks it.
struct Needed {
    scope: &'static str,
    code: &'static str,
    message: &'static str,
}

/// The directory's words.
const USER_READ: Needed = Needed {
    scope: "User.Read",
    code: "Authorization_RequestDenied",
    message: "Insufficient privileges to complete the operation.",
};

impl Needed {
    /// Outlook's words, <https://learn.microsoft.com/graph/resolve-auth-errors>.
    const fn of_outlook(scope: &'static str) -> Self {
        Self { scope, code: "ErrorAccessDenied", message: "Access is denied. Check credentials and try again." }
    }
}

/// A refusal in Graph's words.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    /// The claims challenge of a 401.
    claims: Option<String>,
}

/// Continuous access evaluation: the token does not say enough.
pub(crate) fn demand_claims(sts: &Sts, headers: &HeaderMap, claims: &str) -> Response {
    respond(sts, headers, Err(ended::demanding(claims)))
}

/// Too many requests.
pub(crate) fn throttle(sts: &Sts, headers: &HeaderMap) -> Response {
    respond(sts, headers, Err(refused(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests")))
}

/// `GET /v1.0/me`.
pub(crate) async fn me(State(sts): State<Arc<Sts>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let user = signed_in_user(&sts, &headers, &USER_READ).and_then(|user| match query {
        None => Ok(user),
        Some(_) => Err(not_implemented("Query options are not implemented by the local tenant.")),
    });
    respond(&sts, &headers, user.map(profile))
}

/// Whatever else is asked of Graph.
pub(crate) async fn other(State(sts): State<Arc<Sts>>, headers: HeaderMap) -> Response {
    let message = "This resource is not implemented by the local tenant.";
    let missing = |_| refused(StatusCode::NOT_FOUND, "ResourceNotFound", message);
    let outcome = signed_in_user(&sts, &headers, &USER_READ).map_or_else(|refused| refused, missing);
    respond(&sts, &headers, Err(outcome))
}

/// Another method than GET on what is implemented.
pub(crate) async fn other_method(State(sts): State<Arc<Sts>>, headers: HeaderMap) -> Response {
    respond(&sts, &headers, Err(not_implemented("This method is not implemented by the local tenant.")))
}

/// Of a token that Entra issued for Graph and that holds now, with this permission.
fn signed_in_user(sts: &Sts, headers: &HeaderMap, needed: &Needed) -> Result<&'static User, Refused> {
    let token = bearer(headers).ok_or_else(|| invalid("Access token is empty."))?;
    let token = UnverifiedJwt::parse(token).ok_or_else(|| invalid("IDX14100: JWT is not well formed."))?;
    token.signed_by(sts.key.public()).map_err(|_| invalid("Access token validation failure. Invalid signature."))?;
    if token.text("aud") != GRAPH_APP_ID {
        return Err(invalid("Access token validation failure. Invalid audience."));
    }
    if token.text("iss") != sts.issuer_v1() || token.text("tid") != TENANT_ID {
        return Err(invalid("Access token validation failure. Invalid issuer."));
    }
    if !token.in_time(sts.clock.unix(), 0) {
        return Err(invalid(ended::EXPIRED));
    }
    if !token.has_scope(needed.scope) {
        return Err(refused(StatusCode::FORBIDDEN, needed.code, needed.message));
    }
    let user = users::by_oid(token.text("oid"));
    let user = user.ok_or_else(|| invalid("Access token validation failure. Unknown user."))?;
    ended::check(sts, user, token.time("iat").unwrap_or_default()).map(|()| user)
}

fn profile(user: &User) -> Value {
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
        "businessPhones": [],
        "displayName": user.display_name,
        "givenName": user.given_name,
        "jobTitle": null,
        "mail": user.user_principal_name,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": user.surname,
        "userPrincipalName": user.user_principal_name,
        "id": user.oid,
    })
}

fn invalid(message: &'static str) -> Refused {
    refused(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
}

fn refused(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Refused {
    Refused { status, code, message: message.into(), claims: None }
}

fn not_implemented(message: impl Into<Cow<'static, str>>) -> Refused {
    refused(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
}

fn respond(sts: &Sts, headers: &HeaderMap, result: Result<Value, Refused>) -> Response {
    let request_id = random::uuid();
    let client_request_id = headers
        .get("client-request-id")
        .and_then(|value| value.to_str().ok())
        .map_or_else(|| request_id.clone(), str::to_owned);
    let mut response = match result {
        Ok(body) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], body.to_string()).into_response(),
        Err(refused) => refuse(sts, &refused, &request_id, &client_request_id),
    };
    let added = [("request-id", &request_id), ("client-request-id", &client_request_id)];
    for (name, value) in added {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.headers_mut().insert(HeaderName::from_static("odata-version"), HeaderValue::from_static("4.0"));
    response
}

fn refuse(sts: &Sts, refused: &Refused, request_id: &str, client_request_id: &str) -> Response {
    let date = sts.clock.now().format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]"));
    let body = Json(json!({
        "error": {
            "code": refused.code,
            "message": refused.message,
            "innerError": {
                "date": date.unwrap_or_default(),
                "request-id": request_id,
                "client-request-id": client_request_id,
            },
        },
    }));
    if refused.status != StatusCode::UNAUTHORIZED {
        return (refused.status, body).into_response();
    }
    let demanded = refused.claims.iter().map(|claims| format!(r#", error="insufficient_claims", claims="{claims}""#));
    let challenge = format!(
        r#"Bearer realm="", authorization_uri="{}/common/oauth2/authorize", client_id="{GRAPH_APP_ID}"{}"#,
        sts.base_url,
        demanded.collect::<String>()
    );
    (refused.status, [(header::WWW_AUTHENTICATE, challenge)], body).into_response()
}
