//! `conformance-server`: one JSON line on stdout when it is ready, and an end at the end of its standard input.

use std::{error::Error, io};

use conformance_server::ConformanceServer;
use serde_json::json;
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let server = runtime.block_on(ConformanceServer::start())?;
    println!("{}", json!({ "ready": true, "url": server.url, "access_token": server.access_token }));
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
