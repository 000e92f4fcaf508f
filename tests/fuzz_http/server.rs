//! The handler as a process, and what it logs.

use std::{
    io::{BufRead as _, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use functions_host::ReservedPort;
use local_tenant::Tenant;
use stand_in::wait::until_listening;
use tempfile::TempDir;
use tokio::time::timeout;

const USER: &str = "bob@contoso.example";
/// Wide, so that what lies behind the limits is reached. Those of streams and grants stay as they are.
const LIMITS: &str = "tool-calls-at-once=1000000,calls-per-minute=1000000,registrations-per-minute=1000000,\
                      authorizations-per-minute=1000000,callbacks-per-minute=1000000,token-requests-per-minute=1000000";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Child,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
    _tenant: Tenant,
    _folder: TempDir,
    _port: ReservedPort,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let (folder, port) = (tempfile::tempdir().unwrap(), ReservedPort::new().unwrap());
        let (address, url) = (port.address(), format!("http://{}", port.address()));
        let redirect_uris = vec![format!("{url}/oauth-callback")];
        let options = local_tenant::Options { redirect_uris, silent_user: Some(USER.to_owned()), ..Default::default() };
        let tenant = local_tenant::start(options).await.unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_handler"));
        command.env_clear().envs(tenant.settings()).env("PUBLIC_BASE_URL", url).env("DATA_DIR", folder.path());
        command.env("FUNCTIONS_CUSTOMHANDLER_PORT", port.port().to_string());
        command.env("LOG_LEVEL", "debug").env("MCP_LIMITS", LIMITS);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = Arc::default();
        let readers = vec![
            read_lines(process.stdout.take().unwrap(), &lines),
            read_lines(process.stderr.take().unwrap(), &lines),
        ];
        let server = Self { address, process, lines, readers, _tenant: tenant, _folder: folder, _port: port };
        timeout(Duration::from_mins(1), until_listening(address)).await.expect("the handler listens");
        server
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// A line of `/proc/PID/status`, in kB.
    pub(crate) fn kilobytes(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the line");
        line.trim_start_matches(':').trim().split(' ').next().unwrap().parse().unwrap()
    }

    /// Ends the process. Returns everything that it has written.
    pub(crate) fn stop(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        for reader in std::mem::take(&mut self.readers) {
            reader.join().unwrap();
        }
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

fn read_lines(from: impl Read + Send + 'static, lines: &Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    let lines = Arc::clone(lines);
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            lines.lock().unwrap().push(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    })
}
