//! The servers that `cargo xtask bench` compares the handler with. Each prints its address and serves until it is killed.
//!
//! `graph` stands in for Microsoft Graph. `limit FILE GRAPH` answers what the file says, on bare hyper, and asks Graph for a
//! call: no server on hyper can be faster. `rmcp FILE GRAPH` is rmcp's server of Streamable HTTP behind a check of the bearer
//! token that compares strings.

mod answers;
mod limit;
mod rmcp_server;
mod serve;

use std::error::Error;

use http::Uri;

use self::answers::Answers;

/// The handler's, so that no server that is compared has a better one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["graph"] => serve::forever(limit::graph()).await?,
        ["limit", file, graph] => serve::forever(limit::limit(Answers::read(file)?, graph.parse::<Uri>()?)).await?,
        ["rmcp", file, graph] => {
            serve::forever(rmcp_server::behind_a_bearer_check(&Answers::read(file)?, graph)).await?;
        }
        _ => return Err("usage: bench-server graph | limit FILE GRAPH | rmcp FILE GRAPH".into()),
    }
    Ok(())
}
