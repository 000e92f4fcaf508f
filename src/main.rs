//! The handler: what the Functions host starts.

use std::{net::Ipv4Addr, process::ExitCode, sync::Arc};

use authorization_server::ground::OperationalEvent;
use remote_auth_mcp::{
    client_documents::{Fetcher, PublicAddresses, SystemResolver},
    config::{Environment, Settings},
    platform::{Platform, SystemClock, SystemEntropy},
    startup,
    telemetry::{self, AuditLines},
    vault::Rotation,
};
use tokio::{net::TcpListener, runtime::Builder};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `EX_USAGE`: a setting is wrong, so starting again will not help.
const FAULTY_SETTINGS: u8 = 64;

/// Threads for what blocks: files, names of hosts, and the embedded store, which writes one item at a time. The allocator
/// keeps memory for each thread, and tokio would start up to 512.
const BLOCKING_THREADS: usize = 8;

fn main() -> ExitCode {
    let settings = match startup::settings(&Environment::of_process()) {
        Ok(settings) => settings,
        Err(faults) => {
            eprint!("{faults}");
            return ExitCode::from(FAULTY_SETTINGS);
        }
    };
    let runtime = Builder::new_multi_thread().enable_all().max_blocking_threads(BLOCKING_THREADS).build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(settings))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), Box<dyn std::error::Error>> {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let _log = telemetry::init(settings.log_level, clock.clone())?;
    let port = settings.port;
    let audit = Arc::new(AuditLines::new(clock.clone()));
    let documents = Fetcher::new(|| Arc::new(PublicAddresses(SystemResolver::new(audit.clone()))), clock.clone())?;
    let platform = Platform { clock, entropy, audit, documents: Arc::new(documents), rotation: Rotation::default() };
    let handler = startup::build(settings, &platform).await?;
    let stop = handler.stop();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    // The host takes any answer for "ready", even a reset connection, so we listen only once we can serve.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let event = OperationalEvent::ProcessStarted.as_str();
    tracing::info!(event, version = env!("CARGO_PKG_VERSION"), "serving");
    handler.serve(listener).await;
    Ok(())
}
