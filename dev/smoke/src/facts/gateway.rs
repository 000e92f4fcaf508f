//! The gateway: nothing goes past it, and it says whose requests are counted together.

use reqwest::{Method, RequestBuilder, StatusCode};

use super::Fact;
use crate::Outcome;
use crate::server::{Answer, Server};

/// Documentation addresses (RFC 5737), which nobody has.
const FORGED: [&str; 2] = ["203.0.113.9", "198.51.100.7"];
/// Well above what one address may do in a minute.
const MOST_REGISTRATIONS: u32 = 200;

/// The function app's own host name answers nobody but the gateway, whatever its headers say. Behind private endpoints App
/// Service refuses everybody itself, which says nothing of the handler.
pub(crate) async fn only(function_host: &Server) -> Outcome {
    let request = || function_host.request(Method::GET, "/health");
    // {"alg":"none"}.{}.
    let unsigned = "Bearer eyJhbGciOiJub25lIn0.e30.";
    for request in [request(), request().header("x-gateway-authorization", unsigned).header("x-client-ip", FORGED[0])] {
        match refused(request).await {
            Ok(true) => {}
            Ok(false) => {
                return Outcome::Skip("403, but not by the handler: the network is closed before it".to_owned());
            }
            Err(seen) => return Outcome::Fail(seen),
        }
    }
    Outcome::Pass("the handler refuses its own host's callers, one with a forged gateway token, too".to_owned())
}

/// Whether it is the handler that refuses this.
async fn refused(request: RequestBuilder) -> Result<bool, String> {
    let answer = Server::answer(request).await?.expect(StatusCode::FORBIDDEN)?;
    Ok(answer.json().is_ok_and(|body| body.get("error").is_some_and(|error| error == "access_denied")))
}

/// Registrations that ask for nothing valid, so that none is stored, until they are too many; a caller that then names
/// another address itself is not believed.
pub(crate) async fn address_limit(server: &Server) -> Fact {
    let mut asked = 0;
    while Server::answer(malformed(server)).await?.status != StatusCode::TOO_MANY_REQUESTS {
        asked += 1;
        if asked > MOST_REGISTRATIONS {
            return Err(format!("{asked} registrations in a row were not too many for one address"));
        }
    }
    for address in FORGED {
        let forged = malformed(server).header("x-client-ip", address).header("x-forwarded-for", address);
        let answer: Answer = Server::answer(forged).await?;
        answer
            .expect(StatusCode::TOO_MANY_REQUESTS)
            .map_err(|reason| format!("a forged address is believed: {reason}"))?;
    }
    Ok(format!(
        "429 after {asked} registrations, and a forged X-Client-IP does not help. That another address is counted apart \
         only another network can tell: POST /register there, now, must not be 429"
    ))
}

fn malformed(server: &Server) -> RequestBuilder {
    server.request(Method::POST, "/register").header("content-type", "application/json").body("{}")
}
