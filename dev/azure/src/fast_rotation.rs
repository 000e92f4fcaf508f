//! The handler, but that data keys come and go within seconds: what takes a month is seen in a minute.

mod moved_clock;

use std::{net::Ipv4Addr, sync::Arc};

use remote_auth_mcp::{
    client_documents::{Fetcher, PublicAddresses, SystemResolver},
    config::Environment,
    platform::{Platform, SystemEntropy},
    startup,
    telemetry::{self, AuditLines},
    vault::Rotation,
};
use time::Duration;
use tokio::net::TcpListener;

/// How long a key is kept after its last use, where a test is to see it go.
const RETAIN: &str = "FAST_ROTATION_RETAIN_SECONDS";
/// A file, absent at first, with the seconds that the clock is ahead.
const AHEAD: &str = "FAST_ROTATION_AHEAD";

/// A key is published four reloads before its first use, as it is published three before in production.
fn rotation(retain: Option<i64>) -> Rotation {
    Rotation {
        retain: retain.map_or(Rotation::default().retain, Duration::seconds),
        period: Duration::seconds(5),
        lead: Duration::seconds(4),
        reload: std::time::Duration::from_secs(1),
        unknown: Duration::milliseconds(500),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let environment = Environment::of_process();
    let retain = environment.get(RETAIN).map(str::parse).transpose()?;
    let settings = startup::settings(&environment).map_err(|faults| faults.to_string())?;
    let clock = Arc::new(moved_clock::MovedClock(environment.get(AHEAD).unwrap_or_default().into()));
    let _log = telemetry::init(settings.log_level, clock.clone())?;
    let port = settings.port;
    let entropy = Arc::new(SystemEntropy);
    let audit = Arc::new(AuditLines::new(clock.clone()));
    let documents = Fetcher::new(|| Arc::new(PublicAddresses(SystemResolver::new(audit.clone()))), clock.clone())?;
    let platform = Platform { clock, entropy, audit, documents: Arc::new(documents), rotation: rotation(retain) };
    let handler = startup::build(settings, &platform).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    handler.serve(listener).await;
    Ok(())
}
