//! `conformance-server [--service-loop]`: one JSON line on stdout when it is ready, and an end at the end of its standard
//! input.

use std::{env, error::Error, io};

use conformance_server::{ConformanceServer, Way};
use serde_json::json;
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    let way = match env::args().nth(1).as_deref() {
        None => Way::Direct,
        Some("--service-loop") => Way::ServiceLoop,
        Some(other) => return Err(format!("{other} is not an option").into()),
    };
    let runtime = Runtime::new()?;
    let server = runtime.block_on(ConformanceServer::start(way))?;
    println!("{}", json!({ "ready": true, "url": server.url, "access_token": server.access_token }));
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
