//! The command line.

use std::path::{Path, PathBuf};

use clap::Parser;

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
    /// Start over: forget registrations, grants, keys and the log.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Folder for all that is kept.
    #[arg(long, value_name = "DIR", default_value_os_t = default_data())]
    pub(crate) data: PathBuf,
    /// Sign in as this user without showing the tenant's page.
    #[arg(long, value_name = "UPN")]
    pub(crate) silent_user: Option<String>,
    /// For programs: one JSON line on standard output when ready, and stop when standard input closes.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The root of the checkout that this program was built from.
pub(crate) fn repository_root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

fn default_data() -> PathBuf {
    repository_root().join(".local")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Args {
        Args::try_parse_from(line.split(' ')).unwrap()
    }

    #[test]
    fn without_options_the_ports_are_7071_and_7072_and_data_is_in_the_root() {
        let args = parse("local");
        assert_eq!((args.port, args.tenant_port), (7071, 7072));
        assert_eq!(args.data, repository_root().join(".local"));
        assert!(!args.fresh && !args.json && args.silent_user.is_none());
    }

    #[test]
    fn every_option_is_taken() {
        let args = parse("local --port 1 --tenant-port 0 --fresh --data /d --silent-user a@b.example --json");
        assert_eq!((args.port, args.tenant_port), (1, 0));
        assert_eq!(args.data, Path::new("/d"));
        assert_eq!(args.silent_user.as_deref(), Some("a@b.example"));
        assert!(args.fresh && args.json);
    }

    #[test]
    fn a_port_that_is_none_is_refused() {
        assert!(Args::try_parse_from(["local", "--port", "65536"]).is_err());
    }

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(repository_root().join("Cargo.lock").is_file());
    }
}
