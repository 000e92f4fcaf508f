//! The handler as a process, and what it logs.

use std::{
    io::{BufRead as _, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use driver::handler::Handler;
use local_tenant::Options;

const USER: &str = "bob@contoso.example";
/// Wide, so that what lies behind the limits is reached. Those of streams and grants stay as they are.
const LIMITS: &str = "tool-calls-at-once=1000000,calls-per-minute=1000000,registrations-per-minute=1000000,\
                      authorizations-per-minute=1000000,callbacks-per-minute=1000000,token-requests-per-minute=1000000";

pub(crate) struct Server {
    pub(crate) handler: Handler,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let options = Options { silent_user: Some(USER.to_owned()), ..Options::default() };
        let configure = |command: &mut Command| {
            command.env("LOG_LEVEL", "debug").env("MCP_LIMITS", LIMITS).stdout(Stdio::piped()).stderr(Stdio::piped());
        };
        let mut handler = Handler::start(Path::new(env!("CARGO_BIN_EXE_handler")), options, configure).await;
        let lines = Arc::default();
        let readers = vec![
            read_lines(handler.process.stdout.take().unwrap(), &lines),
            read_lines(handler.process.stderr.take().unwrap(), &lines),
        ];
        Self { handler, lines, readers }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.handler.process.try_wait(), Ok(None))
    }

    /// Ends the process. Returns everything that it has written.
    pub(crate) fn stop(mut self) -> Vec<String> {
        self.handler.kill();
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
