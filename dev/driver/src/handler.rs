//! The handler as a process without the Functions host, for tests.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};

use functions_host::ReservedPort;
use local_tenant::{Options, Tenant};
use stand_in::wait::until_listening;
use tempfile::TempDir;

use crate::Server;

/// A process that listens, its tenant, and its folder. It is killed when this is dropped.
pub struct Handler {
    /// Where it listens.
    pub address: SocketAddr,
    /// The tenant that it asks.
    pub tenant: Tenant,
    /// Its `DATA_DIR`.
    pub folder: TempDir,
    /// The process, with what `configure` made of its output.
    pub process: Child,
    command: Command,
    _port: ReservedPort,
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Handler {
    /// Starts this program with a local tenant. `configure` adds settings, and says where the output goes.
    pub async fn start(program: &Path, tenant: Options, configure: impl FnOnce(&mut Command)) -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), ReservedPort::new().unwrap());
        let (address, url) = (port.address(), format!("http://{}", port.address()));
        let redirect_uris = vec![format!("{url}/oauth-callback")];
        let tenant = local_tenant::start(Options { redirect_uris, ..tenant }).await.unwrap();
        let mut command = Command::new(program);
        command.env_clear().envs(tenant.settings()).env("PUBLIC_BASE_URL", url).env("DATA_DIR", folder.path());
        command.env("FUNCTIONS_CUSTOMHANDLER_PORT", port.port().to_string());
        configure(&mut command);
        let process = command.spawn().unwrap();
        until_listening(address).await;
        Self { address, tenant, folder, process, command, _port: port }
    }

    /// Ends the process at once.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts another process in its place, after [`Handler::kill`].
    pub async fn start_again(&mut self) {
        self.process = self.command.spawn().unwrap();
        until_listening(self.address).await;
    }

    /// As clients see it.
    #[must_use]
    pub fn server(&self) -> Server {
        Server::new(format!("http://{}", self.address))
    }

    /// A size in `/proc/PID/status`, in kB: `VmRSS` is the memory that it has, `VmHWM` the most that it had. Linux only.
    #[must_use]
    pub fn kilobytes(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line of the status");
        line.trim_start_matches(':').trim().split(' ').next().unwrap().parse().unwrap()
    }

    /// Lets `VmHWM` begin anew (`proc_pid_clear_refs(5)`).
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").unwrap();
    }
}

/// Raises this process's own limit of open files, and so that of handlers it starts, as far as its user may.
pub fn raise_open_files() {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let most = line.split_whitespace().nth(1).unwrap();
    let own = std::process::id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &own, &format!("--nofile={most}:")]).status().unwrap().success());
}
