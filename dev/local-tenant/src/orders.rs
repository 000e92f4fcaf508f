//! Contoso's orders: an API that the tenant's administrator has registered, beside Graph. `GET /contoso/orders` lists those of
//! the signed-in user. Refusals are those of RFC 6750 §3.1.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use stand_in::{UnverifiedJwt, jwt::bearer};

use crate::registration::{CLIENT_ID, ORDERS_CLIENT_ID, ORDERS_SCOPE, TENANT_ID};
use crate::{sts::Sts, users, users::User};

/// Why nothing is listed.
enum Refused {
    /// The token is not one that Entra issued for this API, to our app, and that holds now.
    Token(&'static str),
    /// The token lacks the scope.
    Scope,
}

/// `GET /contoso/orders`.
pub(crate) async fn get(State(sts): State<Arc<Sts>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    if query.is_some() {
        return StatusCode::NOT_IMPLEMENTED.into_response();
    }
    match signed_in_user(&sts, &headers) {
        Ok(user) => Json(orders(user)).into_response(),
        Err(refused) => refuse(&refused),
    }
}

/// A claims challenge, as Microsoft.Identity.Web sends it.
/// <https://learn.microsoft.com/entra/identity-platform/claims-challenge#claims-challenge-header-format>
pub(crate) fn demand_claims(claims: &str) -> Response {
    let challenge = format!(r#"Bearer realm="", error="insufficient_claims", claims="{}""#, STANDARD.encode(claims));
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}

fn signed_in_user(sts: &Sts, headers: &HeaderMap) -> Result<&'static User, Refused> {
    let token = bearer(headers).and_then(UnverifiedJwt::parse).ok_or(Refused::Token("there is no JWT"))?;
    token.signed_by(sts.key.public()).map_err(|_| Refused::Token("the signature is not the tenant's"))?;
    for (claim, expected) in
        [("aud", ORDERS_CLIENT_ID), ("iss", &sts.issuer()), ("tid", TENANT_ID), ("azp", CLIENT_ID), ("ver", "2.0")]
    {
        if token.text(claim) != expected {
            return Err(Refused::Token(claim_words(claim)));
        }
    }
    if !token.in_time(sts.clock.unix(), 0) {
        return Err(Refused::Token("the token has expired"));
    }
    if !token.has_scope(ORDERS_SCOPE) {
        return Err(Refused::Scope);
    }
    users::by_oid(token.text("oid")).ok_or(Refused::Token("the user is unknown"))
}

fn claim_words(claim: &str) -> &'static str {
    match claim {
        "aud" => "the audience is another",
        "iss" | "tid" => "the issuer is another",
        "azp" => "the client is another",
        _ => "the version is another",
    }
}

fn refuse(refused: &Refused) -> Response {
    let (status, challenge) = match refused {
        Refused::Token(why) => {
            (StatusCode::UNAUTHORIZED, format!("Bearer error=\"invalid_token\", error_description=\"{why}\""))
        }
        Refused::Scope => {
            (StatusCode::FORBIDDEN, format!("Bearer error=\"insufficient_scope\", scope=\"{ORDERS_SCOPE}\""))
        }
    };
    (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}

fn orders(user: &User) -> Value {
    let order = |number: u32, item: &str| json!({ "id": format!("{}-{number}", user.given_name), "item": item, "placed": format!("2026-11-{number:02}") });
    json!({ "orders": [order(3, "Desk lamp"), order(17, "Notebook, A5")] })
}
