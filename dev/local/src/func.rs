//! Azure Functions Core Tools: the settings that `func start` reads, and the program itself, if it is there.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::{
    collections::BTreeMap, env::split_paths, ffi::OsStr, fs::File, net::Ipv4Addr, os::unix::fs::PermissionsExt as _,
    time::Duration,
};

use functions_host::{EXECUTABLE_PATH, LocalSettings};
use stand_in::{wait::until_listening, watchdog::Watchdog};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::error::StartError;

/// Writes local.settings.json, so that a plain `func start` in the folder runs this handler with these settings.
pub(crate) fn write_settings(
    root: &Path,
    port: u16,
    handler: &Path,
    settings: Vec<(String, String)>,
) -> Result<(), StartError> {
    let mut values: BTreeMap<_, _> = settings.into_iter().collect();
    values.insert("FUNCTIONS_WORKER_RUNTIME".to_owned(), "custom".to_owned());
    values.insert(EXECUTABLE_PATH.to_owned(), handler.to_string_lossy().into_owned());
    LocalSettings { values, port: Some(port) }.write(root).map_err(StartError::LocalSettings)
}

/// `func` on this PATH.
pub(crate) fn find(path: &OsStr) -> Option<PathBuf> {
    let is_program =
        |file: &PathBuf| file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
    split_paths(path).map(|folder| folder.join("func")).find(is_program)
}

/// `func start`, which runs until it is stopped. Its handler is in its process group, and does not outlive this program.
#[derive(Debug)]
pub(crate) struct Func {
    process: Child,
    group: Watchdog,
}

impl Func {
    /// Its lines go to the terminal, or to a log.
    pub(crate) fn start(program: &Path, root: &Path, log: Option<&Path>) -> Result<Self, StartError> {
        let mut command = Command::new(program);
        command.arg("start").current_dir(root).stdin(Stdio::null()).kill_on_drop(true).process_group(0);
        if let Some(log) = log {
            let file = File::options().create(true).append(true).open(log).map_err(StartError::Func)?;
            command.stdout(file.try_clone().map_err(StartError::Func)?).stderr(file);
        }
        let process = command.spawn().map_err(StartError::Func)?;
        let group = Watchdog::over_group(process.id().unwrap_or_default()).map_err(StartError::Func)?;
        Ok(Self { process, group })
    }

    /// Returns when something listens on the public port.
    pub(crate) async fn listens(&mut self, port: u16) -> Result<(), StartError> {
        tokio::select! {
            () = until_listening((Ipv4Addr::LOCALHOST, port).into()) => Ok(()),
            ended = self.process.wait() => Err(ended.map_or_else(StartError::Func, StartError::FuncEnded)),
        }
    }

    pub(crate) async fn ended(&mut self) -> Result<ExitStatus, StartError> {
        self.process.wait().await.map_err(StartError::Func)
    }

    /// It is asked to end, which ends its handler, too. What then still runs of its group is killed.
    pub(crate) async fn stop(mut self) {
        const STOP_TIMEOUT: Duration = Duration::from_secs(10);
        if let Some(process) = self.process.id() {
            let asked = Command::new("kill").arg(process.to_string()).status().await;
            if asked.is_ok_and(|status| status.success()) {
                let _ = timeout(STOP_TIMEOUT, self.process.wait()).await;
            }
        }
        self.group.kill().await;
        let _ = self.process.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use stand_in::wait::until;
    use tempfile::TempDir;

    use super::*;

    /// A folder whose `func` is this shell script.
    fn path(script: &str) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let func = folder.path().join("func");
        fs::write(&func, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&func, fs::Permissions::from_mode(0o755)).unwrap();
        folder
    }

    /// That script. Another test's process that is just being forked may hold it open for writing, for a moment.
    fn started(folder: &Path, root: &Path, log: Option<&Path>) -> Func {
        loop {
            match Func::start(&folder.join("func"), root, log) {
                Err(StartError::Func(error)) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {}
                started => return started.unwrap(),
            }
        }
    }

    #[test]
    fn the_settings_name_the_runtime_the_handler_and_the_port() {
        let root = tempfile::tempdir().unwrap();
        let settings = vec![("PUBLIC_BASE_URL".to_owned(), "http://127.0.0.1:7071".to_owned())];
        write_settings(root.path(), 7071, Path::new("/target/debug/handler"), settings).unwrap();
        let written = LocalSettings::read(root.path()).unwrap().unwrap();
        let expected = [
            (EXECUTABLE_PATH, "/target/debug/handler"),
            ("FUNCTIONS_WORKER_RUNTIME", "custom"),
            ("PUBLIC_BASE_URL", "http://127.0.0.1:7071"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert!(written == LocalSettings { values: expected, port: Some(7071) });
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_and_kept() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("local.settings.json"), "{ oops").unwrap();
        let fault = write_settings(root.path(), 1, Path::new("/h"), Vec::new()).unwrap_err().to_string();
        assert!(fault.contains("local.settings.json") && fault.contains("Remove or repair it"), "{fault}");
    }

    #[test]
    fn func_is_found_on_the_path_if_it_can_be_run() {
        let (folder, other) = (path(""), tempfile::tempdir().unwrap());
        let joined = std::env::join_paths([other.path(), folder.path()]).unwrap();
        assert_eq!(find(&joined), Some(folder.path().join("func")));
        fs::set_permissions(folder.path().join("func"), fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(find(&joined), None);
    }

    #[tokio::test]
    async fn it_runs_in_the_root_and_ends_when_asked() {
        let (folder, root) = (
            path("trap 'echo asked; exit 0' TERM\npwd; echo $1\nwhile :; do { read x < f; } 2>/dev/null; done"),
            path(""),
        );
        let (log, fifo) = (root.path().join("log"), root.path().join("f"));
        assert!(std::process::Command::new("mkfifo").arg(fifo).status().unwrap().success());
        let func = started(folder.path(), root.path(), Some(&log));
        let said = || fs::read_to_string(&log).unwrap();
        until(async || said().lines().count() >= 2).await;
        func.stop().await;
        let root = root.path().canonicalize().unwrap();
        assert_eq!(said(), format!("{}\nstart\nasked\n", root.display()));
    }

    /// A folder whose `func` starts a handler that does not end when asked, and then does this. What is returned is finished
    /// when both have ended: they hold a pipe open.
    fn with_handler(then: &str) -> (TempDir, std::thread::JoinHandle<Vec<u8>>) {
        let folder = path(&format!("trap '' TERM; exec 9> held; sleep 600 & : > begun; {then}"));
        let held = folder.path().join("held");
        assert!(std::process::Command::new("mkfifo").arg(&held).status().unwrap().success());
        (folder, std::thread::spawn(|| fs::read(held).unwrap()))
    }

    #[tokio::test]
    async fn what_does_not_end_when_asked_is_killed_with_its_handler() {
        for then in ["wait", "exit 3"] {
            let (folder, ended) = with_handler(then);
            let func = started(folder.path(), folder.path(), None);
            until(async || folder.path().join("begun").exists()).await;
            // It is given no time.
            tokio::time::pause();
            func.stop().await;
            tokio::time::resume();
            until(async || ended.is_finished()).await;
        }
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "the outermost function of the process that is killed")]
    async fn kill_9_leaves_neither_it_nor_its_handler() {
        const TEST: &str = "func::tests::kill_9_leaves_neither_it_nor_its_handler";
        if let Some(folder) = std::env::var_os("FOLDER_OF_FUNC") {
            let _func = started(Path::new(&folder), Path::new(&folder), None);
            std::future::pending::<()>().await;
        }
        let (folder, ended) = with_handler("wait");
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["--exact", TEST]).env("FOLDER_OF_FUNC", folder.path()).stdout(Stdio::null()).kill_on_drop(true);
        let mut program = program.spawn().unwrap();
        until(async || folder.path().join("begun").exists()).await;
        program.kill().await.unwrap();
        until(async || ended.is_finished()).await;
    }

    #[tokio::test]
    async fn it_is_ready_when_something_listens_and_not_when_it_has_ended() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let nobody = functions_host::ReservedPort::new().unwrap();
        let func = |folder: &TempDir| started(folder.path(), folder.path(), None);
        let port = listener.local_addr().unwrap().port();
        assert!(func(&path("exec sleep 60")).listens(port).await.is_ok());
        // (A process that is just being forked would keep a listener open that is closed here.)
        let fault = func(&path("exit 3")).listens(nobody.port()).await.unwrap_err().to_string();
        assert!(fault.contains("`func start` ended (exit status: 3)"), "{fault}");
    }

    #[tokio::test]
    async fn its_own_end_is_noticed() {
        let (folder, root) = (path("exit 3"), path(""));
        let mut func = started(folder.path(), root.path(), None);
        assert_eq!(func.ended().await.unwrap().code(), Some(3));
    }
}
