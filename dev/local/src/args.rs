//! The command line.

mod shown;

use std::path::{Path, PathBuf};

use clap::Parser;

pub(crate) use self::shown::{Page, Shown};

/// Runs the MCP server with everything it needs on this machine, until Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "local", bin_name = "cargo local")]
pub(crate) struct Args {
    /// Port of the MCP server on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = 7071)]
    pub(crate) port: u16,
    /// Port of the tenant, which stands in for Entra ID and Microsoft Graph, on localhost; 0 takes any free one.
    #[arg(long, default_value_t = 7072)]
    pub(crate) tenant_port: u16,
    /// Delete registrations, grants, keys and the log first.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Folder for the data that is kept.
    #[arg(long, value_name = "DIR", default_value_os_t = default_data())]
    pub(crate) data: PathBuf,
    /// Sign in as this user without showing the tenant's page.
    #[arg(long, value_name = "UPN")]
    pub(crate) silent_user: Option<String>,
    /// For tests: seconds by which the tenant's clock is behind until they move it (`/_control/clock`).
    #[arg(long, hide = true)]
    pub(crate) tenant_behind: Option<u32>,
    #[command(flatten)]
    pub(crate) serving: Serving,
    #[command(flatten)]
    pub(crate) shown: Shown,
    /// For programs: one JSON line on standard output when ready, and stop when standard input closes.
    #[arg(long)]
    pub(crate) json: bool,
}

const COSMOS_PORT: u16 = 7073;

/// The handler, its host and its stores.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Serving {
    /// Write local.settings.json in the repository root, for `func start` there (Azure Functions Core Tools), and run that
    /// in place of its stand-in; or wait, if it is not on PATH.
    #[arg(long, conflicts_with_all = ["gateway", "package", "azure"])]
    pub(crate) func: bool,
    /// Emulators of Cosmos DB and Key Vault in place of the data folder, and two handler processes.
    #[arg(long, num_args = 0..=1, default_value_t = false, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) azure: bool,
    /// With --azure: send HTTP+SSE streams to one process and everything else to the other.
    #[arg(long, requires = "azure", num_args = 0..=1, default_value_t = false, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) streams_apart: bool,
    /// With --azure: port of Cosmos DB on 127.0.0.1; 0 takes any free one.
    #[arg(long, default_value_t = COSMOS_PORT, requires = "azure")]
    pub(crate) cosmos_port: u16,
    /// Put a stand-in for API Management in front, with its rate limits and its identity's token.
    #[arg(long, num_args = 0..=1, default_value_t = false, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) gateway: bool,
    /// Publish the metadata document of a client on loopback, and run a handler that finds it there. The programs of the
    /// workspace must be built.
    #[arg(long, num_args = 0..=1, default_value_t = false, default_missing_value = "true", value_name = "BOOL", conflicts_with_all = ["func", "package"])]
    pub(crate) published_client: bool,
    /// Run what is packaged there (`cargo xtask package`) instead of building the handler.
    #[arg(long, value_name = "DIR")]
    pub(crate) package: Option<PathBuf>,
}

/// The root of the checkout that this program was built from.
pub(crate) fn repository_root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

fn default_data() -> PathBuf {
    repository_root().join(".local")
}
