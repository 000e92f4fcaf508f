//! The gateway: nothing goes past it, and it says whose requests are counted together.

use reqwest::{Method, RequestBuilder, StatusCode};

use super::Fact;
use crate::server::{Answer, Server};

/// Documentation addresses (RFC 5737), which nobody has.
const FORGED: [&str; 2] = ["203.0.113.9", "198.51.100.7"];
/// Well above what one address may do in a minute.
const MOST_REGISTRATIONS: u32 = 200;

/// The function app's own host name answers nobody but the gateway, whatever its headers say.
pub(crate) async fn only(function_host: &Server) -> Fact {
    let request = || function_host.request(Method::GET, "/health");
    // {"alg":"none"}.{}.
    let unsigned = "Bearer eyJhbGciOiJub25lIn0.e30.";
    for request in [request(), request().header("x-gateway-authorization", unsigned).header("x-client-ip", FORGED[0])] {
        Server::answer(request).await?.expect(StatusCode::FORBIDDEN)?;
    }
    Ok("the function app's own host is 403, with a forged gateway token, too".to_owned())
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
