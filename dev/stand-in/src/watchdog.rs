//! Ends other processes with this one, however this one ends: after `kill -9` nothing of it runs that could end them.

use std::io;
use std::process::{ExitStatus, Stdio};

use tokio::io::AsyncRead;
use tokio::process::{Child, Command};

/// Kills a process, or a process group, as soon as this process has ended. Dropping it lets a process live, and kills a group:
/// whoever drops the leader of one does not know what that has started.
///
/// It is a shell that reads a pipe. The system closes the pipe when this process ends. (Linux alone could do it without a
/// process, by `PR_SET_PDEATHSIG`, which needs unsafe code.)
#[derive(Debug)]
pub struct Watchdog(Child);

/// Text that a process writes.
pub type Output = Box<dyn AsyncRead + Send + Unpin>;

/// A process that does not outlive this one.
#[derive(Debug)]
pub struct WatchedChild {
    child: Child,
    watchdog: Watchdog,
}

impl WatchedChild {
    /// Starts it. Its input and output are the child's own.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.spawn()?;
        let watchdog = Watchdog::over(child.id().unwrap_or_default())?;
        Ok(Self { child, watchdog })
    }

    /// Its output on stdout and on stderr, if that is piped and was not taken.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        let stdout = self.child.stdout.take().map(|output| -> Output { Box::new(output) });
        let stderr = self.child.stderr.take().map(|output| -> Output { Box::new(output) });
        stdout.into_iter().chain(stderr).collect()
    }

    /// Returns when it has ended.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let ended = self.child.wait().await;
        self.watchdog.end().await;
        ended
    }

    /// SIGKILL; returns when it has ended.
    pub async fn kill(&mut self) -> io::Result<()> {
        let killed = self.child.kill().await;
        self.watchdog.end().await;
        killed
    }
}

impl Watchdog {
    /// Over this process.
    pub fn over(process: u32) -> io::Result<Self> {
        Self::of(process, "")
    }

    /// Over the process group with this leader.
    pub fn over_group(leader: u32) -> io::Result<Self> {
        Self::of(leader, "-")
    }

    /// Signals that a terminal sends to all of its processes do not end it.
    fn of(id: u32, sign: &str) -> io::Result<Self> {
        const SCRIPT: &str = r#"trap "" HUP INT QUIT TERM; read -r line || kill -KILL "$1""#;
        // To `kill`, 0 and -1 mean others than one process or one group.
        if id < 2 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let target = format!("{sign}{id}");
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", SCRIPT, "watchdog", &target])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Without it the shell goes on, and reads the end of the pipe.
        shell.kill_on_drop(sign.is_empty()).spawn().map(Self)
    }

    /// Kills them now, and returns when they have been sent the signal.
    pub async fn kill(&mut self) {
        // The shell reads the end of the pipe, as it does when this process ends. Its own `kill` takes a group; the program
        // of that name in procps reads `-123` as `-1`, which is every process.
        drop(self.0.stdin.take());
        let _ = self.0.wait().await;
    }

    /// Ends it, and returns when it has ended: a process id that is free may soon be another program's.
    pub async fn end(&mut self) {
        // If it fails, it has ended already.
        let _ = self.0.kill().await;
    }
}
