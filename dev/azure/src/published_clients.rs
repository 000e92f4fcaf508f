//! The handler, but that one name leads to a document host on loopback, whose authority it trusts. Every other name leads to
//! addresses that a test chooses, and is resolved as every name is in production: if they are public. A test can move its clock.

mod moved_clock;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use moved_clock::MovedClock;
use remote_auth_mcp::{
    client_documents::{Fetcher, PublicAddresses, Resolver},
    config::Environment,
    platform::{Platform, SystemEntropy},
    startup,
    telemetry::{self, AuditLines},
    vault::Rotation,
};
use reqwest::Certificate;
use tokio::net::TcpListener;

/// The name that leads to the document host.
const NAME: &str = "client.example";
/// The address of the document host.
const ADDRESS: &str = "DOCUMENT_HOST";
/// The file of its authority's certificate.
const AUTHORITY: &str = "DOCUMENT_HOST_AUTHORITY";
/// The addresses of every other name, separated by commas.
const OTHERS: &str = "OTHER_HOSTS";
/// A file, absent at first, with the seconds that the clock is ahead.
const AHEAD: &str = "CLOCK_AHEAD";

/// The same addresses for every name.
struct Fixed(Vec<SocketAddr>);

#[async_trait]
impl Resolver for Fixed {
    async fn resolve(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
        Ok(self.0.clone())
    }
}

struct Names {
    documents: Fixed,
    others: PublicAddresses<Fixed>,
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        if host == NAME { self.documents.resolve(host).await } else { self.others.resolve(host).await }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let environment = Environment::of_process();
    let required = |name| environment.get(name).ok_or(format!("{name} is not set"));
    let (documents, authority) = (Fixed(vec![required(ADDRESS)?.parse()?]), std::fs::read(required(AUTHORITY)?)?);
    let others = environment.get(OTHERS).into_iter().flat_map(|addresses| addresses.split(','));
    let others = PublicAddresses(Fixed(others.map(str::parse).collect::<Result<_, _>>()?));
    let settings = startup::settings(&environment).map_err(|faults| faults.to_string())?;
    let clock = Arc::new(MovedClock(environment.get(AHEAD).unwrap_or_default().into()));
    let entropy = Arc::new(SystemEntropy);
    let _log = telemetry::init(settings.log_level, clock.clone())?;
    let port = settings.port;
    let audit = Arc::new(AuditLines::new(clock.clone()));
    let authority = Certificate::from_pem(&authority)?;
    let names: Arc<dyn Resolver> = Arc::new(Names { documents, others });
    let documents = Arc::new(Fetcher::trusting(&authority, || Arc::clone(&names), clock.clone())?);
    let platform = Platform { clock, entropy, audit, documents, rotation: Rotation::default() };
    let handler = startup::build(settings, &platform).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    tracing::info!(target: "remote_auth_mcp", "serving");
    handler.serve(listener).await;
    Ok(())
}
