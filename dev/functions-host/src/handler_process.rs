//! One handler process: how it is started, when it counts as ready, what it said last.

use std::process::{ExitStatus, Stdio};
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use stand_in::{Recent, wait::until, watchdog::WatchedChild};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;
use tokio::{net::TcpStream, task::JoinSet};
use uuid::Uuid;

use crate::{ReservedPort, StartError, handler_log::HandlerLog};

/// Variables of this process that every handler gets.
const PASSED: [&str; 7] = ["HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ", "USER"];

/// Everything needed to start a handler, the first time and again.
pub(crate) struct Launch {
    pub(crate) index: usize,
    pub(crate) program: PathBuf,
    pub(crate) root: PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) log: HandlerLog,
    /// The real host, too, chooses the port once: a handler that is started again has to take the port it had.
    pub(crate) port: ReservedPort,
}

/// A running handler. Dropping it kills the process.
pub(crate) struct HandlerProcess {
    child: WatchedChild,
    /// One task for each of stdout and stderr.
    readers: JoinSet<()>,
    last_lines: Arc<LastLines>,
}

type LastLines = Recent<String, 20>;

impl HandlerProcess {
    /// Starts a handler, and returns when it has answered `GET /`.
    pub(crate) async fn start(launch: &Launch) -> Result<Self, StartError> {
        const READY_WITHIN: Duration = Duration::from_secs(30);
        let failed = |error| StartError::Run(launch.program.clone(), error);
        let mut process = Self::spawn(launch).map_err(failed)?;
        let exited = tokio::select! {
            ready = timeout(READY_WITHIN, answers(launch.port.address())) => match ready {
                Ok(()) => return Ok(process),
                Err(_) => None,
            },
            exited = process.exited() => Some(exited.map_err(failed)?),
        };
        let (index, output) = (launch.index, process.last_lines().await);
        Err(match exited {
            Some(status) => StartError::Exited { index, status, output },
            None => StartError::NotReady { index, output },
        })
    }

    fn spawn(launch: &Launch) -> io::Result<Self> {
        let mut child = WatchedChild::spawn(&mut command(launch))?;
        let (mut readers, last_lines) = (JoinSet::new(), Arc::new(LastLines::default()));
        for output in child.take_outputs() {
            readers.spawn(pass_lines(output, launch.log.clone(), Arc::clone(&last_lines)));
        }
        Ok(Self { child, readers, last_lines })
    }

    pub(crate) async fn exited(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// SIGKILL, as the host does it: no handler gets a chance to finish.
    pub(crate) async fn kill(&mut self) {
        // If it fails, the process is gone already.
        let _ = self.child.kill().await;
    }

    /// Lines may still come after the exit; a process that the handler started may keep them open for ever.
    async fn last_lines(&mut self) -> String {
        let _ = timeout(Duration::from_secs(1), async { while self.readers.join_next().await.is_some() {} }).await;
        self.last_lines.all().join("\n")
    }
}

fn command(launch: &Launch) -> Command {
    let (port, worker) = (launch.port.port().to_string(), Uuid::new_v4().to_string());
    let mut command = Command::new(&launch.program);
    command
        .env_clear()
        .envs(passed_environment())
        .envs(launch.environment.iter().map(|(name, value)| (name, value)))
        .env("FUNCTIONS_CUSTOMHANDLER_PORT", &port)
        .env("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", &worker)
        .env("FUNCTIONS_HTTPWORKER_PORT", &port)
        .env("FUNCTIONS_HTTPWORKER_ID", &worker)
        .env("FUNCTIONS_APP_ROOT_PATH", &launch.root)
        .current_dir(&launch.root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

#[expect(clippy::disallowed_methods, reason = "what a program needs to run at all comes from this process")]
fn passed_environment() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    PASSED.into_iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value)))
}

async fn answers(address: SocketAddr) {
    until(|| async { ask(address).await.is_ok() }).await;
}

/// Only a refused connection means "not yet": the host takes anything else for an answer.
async fn ask(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let sent = stream.write_all(format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await;
    if sent.is_ok() {
        let _ = stream.read(&mut [0; 1024]).await;
    }
    Ok(())
}

async fn pass_lines(output: impl AsyncRead + Unpin, log: HandlerLog, last_lines: Arc<LastLines>) {
    let (mut output, mut bytes) = (BufReader::new(output), Vec::new());
    while matches!(output.read_until(b'\n', &mut bytes).await, Ok(1..)) {
        let line = String::from_utf8_lossy(bytes.trim_ascii_end()).into_owned();
        log.line(&line);
        last_lines.push(line);
        bytes.clear();
    }
}
