//! The gateway: nobody can bypass it, and it names the addresses whose requests are counted.

use std::net::Ipv4Addr;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::task::JoinSet;

use super::Fact;
use crate::Outcome;
use crate::server::{Answer, Server};

/// Headers in which a caller could forge its address.
const ADDRESS_HEADERS: [&str; 4] = ["x-gateway-client-address", "x-client-ip", "client-ip", "x-forwarded-for"];
/// The first of 2^17 benchmarking addresses (RFC 2544), from which nobody calls.
const FORGED: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
/// Well above what one address may do in a minute and in the minutes that so many calls take: a server that refuses none of
/// them counts nothing.
const MOST_REGISTRATIONS: u32 = 2_000;
/// Sent together: one after another, tokens come back to the bucket about as fast as they are taken.
const AT_ONCE: u32 = 100;

/// The function app's own host name answers nobody but the gateway, whatever its headers say. Behind private endpoints App
/// Service refuses everybody itself, which says nothing of the handler.
pub(crate) async fn only(function_host: &Server) -> Outcome {
    let request = || function_host.request(Method::GET, "/health");
    // {"alg":"none"}.{}.
    let unsigned = "Bearer eyJhbGciOiJub25lIn0.e30.";
    let forged =
        request().header("x-gateway-authorization", unsigned).header("x-gateway-client-address", FORGED.to_string());
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

/// How many registrations were taken, and the answer to the one that was not.
pub(crate) async fn flood(server: &Server) -> Result<(u32, Answer), String> {
    until_refused("from one address", |_| malformed(server)).await
}

/// Sends these requests until they are too many. They ask for nothing valid, so that none is stored.
async fn until_refused(kind: &str, request: impl Fn(u32) -> RequestBuilder) -> Result<(u32, Answer), String> {
    let mut taken = 0;
    loop {
        let mut calls = JoinSet::new();
        for number in taken..taken + AT_ONCE {
            calls.spawn(Server::answer(request(number)));
        }
        for answer in calls.join_all().await {
            let answer = answer?;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                return Ok((taken, answer));
            }
            taken += 1;
            if taken == MOST_REGISTRATIONS {
                return Err(format!("{taken} registrations {kind} were not refused: {}", answer.unlike("429")));
            }
        }
    }
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

/// A caller that was refused and then names other addresses itself is not believed: it is refused again, however many tokens
/// have come back meanwhile. If it were believed, each call would have a bucket of its own.
pub(crate) async fn address_limit(server: &Server, asked: u32) -> Fact {
    let forged = |number| {
        let address = Ipv4Addr::from_bits(FORGED.to_bits() + number).to_string();
        ADDRESS_HEADERS.into_iter().fold(malformed(server), |request, name| request.header(name, &address))
    };
    until_refused("with forged addresses", forged).await?;
    Ok(format!(
        "429 after {asked} registrations, and forged addresses do not help. Only another network can show that \
         addresses are counted apart: POST /register there, now, must not be 429"
    ))
}

fn malformed(server: &Server) -> RequestBuilder {
    let request = server.request(Method::POST, "/register").header("content-type", "application/json");
    request.header("origin", "https://smoke.example").body("{}")
}
