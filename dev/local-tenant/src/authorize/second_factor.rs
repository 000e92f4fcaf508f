//! The page that asks a user for the second factor.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use stand_in::{lock, random};

use super::show;
use super::sign_ins::AuthorizeRequest;
use crate::{registration::TENANT_ID, sts::Sts, users::User};

/// The second factor. There is nothing to enter: a click approves.
#[derive(Template)]
#[template(path = "second_factor.html")]
pub(crate) struct SecondFactorPage<'a> {
    pub(crate) app: &'a str,
    pub(crate) tenant: &'a str,
    /// Of this page.
    pub(crate) id: &'a str,
    pub(crate) user: &'a User,
}

/// The page of the second factor, which stands for the same request.
pub(super) fn ask_for(sts: &Sts, request: AuthorizeRequest, user: &'static User) -> Response {
    let id = random::opaque::<32>();
    let answer = show(StatusCode::OK, &SecondFactorPage { app: request.client.name, tenant: TENANT_ID, id: &id, user });
    let second_factor = Some(user);
    lock(&sts.sign_ins).put(id, AuthorizeRequest { asked: second_factor, ..request }, sts.clock.unix());
    answer
}
