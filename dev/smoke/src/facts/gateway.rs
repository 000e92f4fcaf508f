//! The gateway: nobody can bypass it, and it names the addresses whose requests are counted.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::task::JoinSet;

use super::Fact;
use crate::Outcome;
use crate::server::{Answer, Server};

/// Headers in which a caller could forge its address.
const ADDRESS_HEADERS: [&str; 4] = ["x-gateway-client-address", "x-client-ip", "client-ip", "x-forwarded-for"];
/// Documentation addresses (RFC 5737), which nobody has.
const FORGED: [&str; 2] = ["203.0.113.9", "198.51.100.7"];
/// Well above what one address may do in a minute.
const MOST_REGISTRATIONS: u32 = 2_000;
/// Sent together: one after another, tokens come back to the bucket about as fast as they are taken.
const AT_ONCE: u32 = 100;
/// Fewer for each forged address than one address may register in a minute: if the addresses are believed, all are taken.
const FORGED_REGISTRATIONS: usize = 20;

/// The function app's own host name answers nobody but the gateway, whatever its headers say. Behind private endpoints App
/// Service refuses everybody itself, which says nothing of the handler.
pub(crate) async fn only(function_host: &Server) -> Outcome {
    let request = || function_host.request(Method::GET, "/health");
    // {"alg":"none"}.{}.
    let unsigned = "Bearer eyJhbGciOiJub25lIn0.e30.";
    let forged = request().header("x-gateway-authorization", unsigned).header("x-gateway-client-address", FORGED[0]);
    for request in [request(), forged] {
        match refused(request).await {
            Ok(true) => {}
            Ok(false) => {
                return Outcome::Skip("403, but not from the handler: the network refuses first".to_owned());
            }
            Err(seen) => return Outcome::Fail(seen),
        }
    }
    Outcome::Pass("the handler refuses direct callers, with and without a forged gateway token".to_owned())
}

/// The handler's answer to a request that has not the gateway's token.
pub(super) fn is_past_the_gateway(answer: &Answer) -> bool {
    answer.json().is_ok_and(|body| body.get("error").is_some_and(|error| error == "access_denied"))
}

/// Whether it is the handler that refuses this.
async fn refused(request: RequestBuilder) -> Result<bool, String> {
    let answer = Server::answer(request).await?.expect(StatusCode::FORBIDDEN)?;
    Ok(is_past_the_gateway(&answer))
}

/// Registrations that ask for nothing valid, so that none is stored, until they are too many. How many were taken, and the
/// answer to the one that was not.
pub(crate) async fn flood(server: &Server) -> Result<(u32, Answer), String> {
    let mut taken = 0;
    while taken < MOST_REGISTRATIONS {
        let mut calls = JoinSet::new();
        for _ in 0..AT_ONCE {
            calls.spawn(Server::answer(malformed(server)));
        }
        for answer in calls.join_all().await {
            let answer = answer?;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                return Ok((taken, answer));
            }
            taken += 1;
        }
    }
    Err(format!("{MOST_REGISTRATIONS} registrations from one address were not refused with 429"))
}

/// Whether API Management or the handler refuses, a script in a browser can read the error and when to try again.
pub(crate) fn too_many(answer: &Answer) -> Fact {
    let wait = answer.header("retry-after").parse::<u32>();
    let readable = answer.header("access-control-allow-origin") == "*";
    let error = answer.json().ok().and_then(|body| body.get("error").and_then(Value::as_str).map(str::to_owned));
    match (wait, readable, error.as_deref()) {
        (Ok(wait), true, Some("temporarily_unavailable")) => {
            Ok(format!("429 is an OAuth error that browsers can read, with Retry-After: {wait}"))
        }
        (Err(_), ..) => Err("the 429 has no Retry-After".to_owned()),
        (_, false, _) => Err("the 429 has no CORS headers: scripts in browsers cannot read it".to_owned()),
        (..) => Err(answer.unlike("an OAuth error")),
    }
}

/// A caller that was refused and then names another address itself is not believed. The calls are sent at once, because a
/// token bucket takes another call every few seconds.
pub(crate) async fn address_limit(server: &Server, asked: u32) -> Fact {
    let mut calls = JoinSet::new();
    for address in FORGED.into_iter().cycle().take(FORGED_REGISTRATIONS) {
        let forged = ADDRESS_HEADERS.into_iter().fold(malformed(server), |request, name| request.header(name, address));
        calls.spawn(Server::answer(forged));
    }
    let answers = calls.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    mostly_refused(answers)?;
    Ok(format!(
        "429 after {asked} registrations, and a forged address does not help. Only another network can show that \
         addresses are counted apart: POST /register there, now, must not be 429"
    ))
}

/// Whether more than half of the answers are 429.
fn mostly_refused(answers: Vec<Answer>) -> Result<(), String> {
    let all = answers.len();
    let refused = |answer: Answer| answer.expect(StatusCode::TOO_MANY_REQUESTS).err();
    let others: Vec<String> = answers.into_iter().filter_map(refused).collect();
    match others.first() {
        Some(other) if others.len() * 2 >= all => {
            Err(format!("{} of {all} calls with a forged address were not refused: {other}", others.len()))
        }
        _ => Ok(()),
    }
}

fn malformed(server: &Server) -> RequestBuilder {
    let request = server.request(Method::POST, "/register").header("content-type", "application/json");
    request.header("origin", "https://smoke.example").body("{}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdict when this many of twenty calls were taken.
    fn judged(taken: usize) -> Result<(), String> {
        let statuses =
            (0..20).map(|call| if call < taken { StatusCode::BAD_REQUEST } else { StatusCode::TOO_MANY_REQUESTS });
        mostly_refused(statuses.map(Answer::with_status).collect())
    }

    #[test]
    fn the_few_calls_that_a_token_bucket_takes_again_do_not_fail_the_fact() {
        assert_eq!([0, 1, 3, 9].map(judged), [const { Ok(()) }; 4]);
    }

    #[test]
    fn calls_that_are_taken_because_of_their_forged_address_fail_the_fact() {
        for taken in [10, 20] {
            let said = judged(taken).unwrap_err();
            assert!(said.starts_with(&format!("{taken} of 20 ")) && said.contains("is 400, and not 429"), "{said}");
        }
    }
}
