//! The last requests to the tenant, as the console tells them.

use axum::body::{Bytes, to_bytes};
use axum::http::{HeaderMap, header};
use axum::{body::Body, response::Response};
use stand_in::{Cut, UnverifiedJwt, jwt::bearer, lock};
use time::{OffsetDateTime, macros::format_description};

use super::{kept::Told, words};
use crate::{parameters::Parameters, recorded::Recorded, sts::Sts, users, users::User};

/// An error of the tenant is not longer.
const LONGEST_ERROR: usize = 64 * 1024;

impl Told {
    /// A request that has come.
    pub(crate) fn of(sts: &Sts, headers: &HeaderMap, body: &[u8], request: &Recorded) -> Self {
        let asked = words::asked(request, whose(sts, headers, body));
        Self { at: clock_time(sts.clock.now()), asked, answered: String::new(), is_refused: false }
    }

    /// Keeps it with its answer, which is handed on.
    pub(crate) async fn answered(mut self, sts: &Sts, answer: Response) -> Response {
        let (parts, body) = answer.into_parts();
        let is_cut = parts.extensions.get::<Cut>().is_some();
        let location = parts.headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
        self.is_refused = is_cut || parts.status.as_u16() >= 400 || location.is_some_and(words::is_error);
        // Errors are read for their number; other answers pass as they are.
        let (body, read) = if parts.status.as_u16() < 400 { (body, Bytes::new()) } else { read(body).await };
        self.answered = if is_cut {
            "The connection was closed without an answer.".to_owned()
        } else {
            words::answered(parts.status, location, &String::from_utf8_lossy(&read))
        };
        sts.console.history.push(self);
        Response::from_parts(parts, body)
    }
}

async fn read(body: Body) -> (Body, Bytes) {
    let read = to_bytes(body, LONGEST_ERROR).await.unwrap_or_default();
    (Body::from(read.clone()), read)
}

/// `17:03:12`, or nothing for a time that is no time.
pub(super) fn clock_time(at: OffsetDateTime) -> String {
    at.format(format_description!("[hour]:[minute]:[second]")).unwrap_or_default()
}

/// Whom a request is about, as far as its tokens and its form say. Nothing is believed here, it is only told.
fn whose(sts: &Sts, headers: &HeaderMap, body: &[u8]) -> Option<&'static User> {
    let of_token = |token: &str| users::by_oid(UnverifiedJwt::parse(token)?.text("oid"));
    if let Some(user) = bearer(headers).and_then(of_token) {
        return Some(user);
    }
    let form = Parameters::parse(body).ok()?;
    let refreshed = || users::by_oid(&sts.state.refresh_token(form.get("refresh_token")?)?.oid);
    let redeemed = || lock(&sts.codes).user_of(form.get("code")?);
    let chosen = || users::by_oid(form.get("user")?);
    form.get("assertion").and_then(of_token).or_else(refreshed).or_else(redeemed).or_else(chosen)
}
