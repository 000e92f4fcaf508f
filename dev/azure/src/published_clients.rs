//! The handler, but that every name of a document host leads to one on loopback, whose authority it trusts.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use remote_auth_mcp::{
    client_documents::{Fetcher, Resolver},
    config::{Environment, Settings},
    platform::{Platform, SystemClock, SystemEntropy},
    startup,
    telemetry::{self, AuditLines},
    vault::Rotation,
};
use reqwest::Certificate;
use tokio::net::TcpListener;

/// The address of the document host.
const ADDRESS: &str = "DOCUMENT_HOST";
/// The file of its authority's certificate.
const AUTHORITY: &str = "DOCUMENT_HOST_AUTHORITY";

struct OneHost(SocketAddr);

#[async_trait]
impl Resolver for OneHost {
    async fn resolve(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(vec![self.0])
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let environment = Environment::of_process();
    let required = |name| environment.get(name).ok_or(format!("{name} is not set"));
    let (address, authority) = (required(ADDRESS)?.parse()?, std::fs::read(required(AUTHORITY)?)?);
    let settings = Settings::load(&environment).map_err(|faults| faults.to_string())?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let _log = telemetry::init(settings.log_level, clock.clone())?;
    let port = settings.port;
    let audit = Arc::new(AuditLines::new(clock.clone()));
    let authority = Certificate::from_pem(&authority)?;
    let documents = Arc::new(Fetcher::trusting(authority, Arc::new(OneHost(address)), clock.clone())?);
    let platform = Platform { clock, entropy, audit, documents, rotation: Rotation::default() };
    let handler = startup::build(settings, &platform).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    tracing::info!(target: "remote_auth_mcp", "serving");
    handler.serve(listener).await;
    Ok(())
}
