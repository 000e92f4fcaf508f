//! The pages of people who sign in to the server itself.

use reqwest::StatusCode;

use super::Fact;
use crate::server::Server;

/// Both pages pass the gateway and the host, and ask for a sign-in.
pub(crate) async fn of_our_own(server: &Server) -> Fact {
    for path in ["/connections", "/operator"] {
        let answer = server.get(path).await?.expect(StatusCode::OK)?;
        if !answer.header("content-type").starts_with("text/html") {
            return Err(answer.unlike("a page"));
        }
    }
    Ok("GET /connections and /operator are pages".to_owned())
}
