//! The servers that are measured, and how the peers are started.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use crate::{places::Places, process::Process};

/// A server that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Server {
    /// The packaged handler.
    Handler,
    /// Bare hyper, which answers the same.
    Limit,
    /// rmcp's own server.
    Rmcp,
    /// The Go SDK's server behind its bearer middleware.
    Go,
    /// The TypeScript SDK's server behind its OAuth router and bearer middleware.
    TypeScript,
    /// `FastMCP` behind its `OAuthProxy`, one worker.
    FastMcp,
    /// The same, two workers whose state is in Redis.
    FastMcpRedis,
}

impl Server {
    /// The servers that people would pick instead.
    pub(crate) const PEERS: [Self; 4] = [Self::Go, Self::TypeScript, Self::FastMcp, Self::FastMcpRedis];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Handler => "this server",
            Self::Limit => "limit program (hyper)",
            Self::Rmcp => "rmcp bare",
            Self::Go => "Go SDK",
            Self::TypeScript => "TypeScript SDK",
            Self::FastMcp => "FastMCP, 1 worker",
            Self::FastMcpRedis => "FastMCP, 2 workers, Redis",
        }
    }

    /// The words for `bench-server` that start it; `None` if it is another program.
    pub(crate) fn words(self, answers: &Path, graph: &str) -> Option<Vec<OsString>> {
        let word = match self {
            Self::Limit => "limit",
            Self::Rmcp => "rmcp",
            _ => return None,
        };
        Some(vec![word.into(), answers.into(), graph.into()])
    }
}

/// A peer that cannot be measured, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) server: Server,
    pub(crate) why: String,
}

/// A peer that has started.
pub(crate) struct Peer {
    pub(crate) address: String,
    pub(crate) token: String,
    pub(crate) process: Process,
    /// Redis. Its time does not count.
    _store: Option<Process>,
}

impl Peer {
    /// Starts a peer, which reads the list of tools from this file and asks this URL of Graph.
    pub(crate) fn start(server: Server, places: &Places, file: &Path, graph: &str) -> Result<Self, LeftOut> {
        let left_out = |why: String| LeftOut { server, why };
        let (program, mut words) = program(server, &places.peers);
        if let Some(missing) = std::iter::once(&program).chain(&words).find(|path| path.is_absolute() && !path.exists())
        {
            return Err(left_out(format!("{} is not installed", missing.display())));
        }
        words.extend([file.to_owned(), graph.into()]);
        let mut store = None;
        if server == Server::FastMcpRedis {
            let socket = file.with_file_name("redis.sock");
            store = Some(redis(&socket).map_err(left_out)?);
            words.push(socket);
        }
        let (process, said) =
            Process::start(Command::new(program).args(words)).map_err(|error| left_out(error.to_string()))?;
        let [address, token] = <[String; 2]>::try_from(said).map_err(|said| left_out(format!("it said {said:?}")))?;
        Ok(Self { address, token, process, _store: store })
    }
}

/// The program of a peer, and its first words. A path that is absolute has been installed.
fn program(server: Server, peers: &Path) -> (PathBuf, Vec<PathBuf>) {
    match server {
        Server::Go => (peers.join("go/server"), vec![]),
        Server::TypeScript => ("node".into(), vec![peers.join("typescript/server.mjs")]),
        _ => (peers.join("venv/bin/python"), vec!["-B".into(), peers.join("fastmcp/server.py")]),
    }
}

/// Redis behind a socket of the file system, once it listens.
fn redis(socket: &Path) -> Result<Process, String> {
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(socket);
    let missing = |error| format!("{error}: apt-get install redis-server");
    let mut redis = Process::spawn(command.stdout(Stdio::null()).stderr(Stdio::null())).map_err(missing)?;
    while redis.runs() && !socket.exists() {
        thread::yield_now();
    }
    if redis.runs() { Ok(redis) } else { Err("redis-server ended".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_is_not_installed_is_left_out_and_named() {
        let nothing = tempfile::tempdir().unwrap();
        let places = Places { handler: "".into(), server: "".into(), peers: nothing.path().to_owned() };
        for server in Server::PEERS {
            let left_out = Peer::start(server, &places, Path::new("/file"), "http://graph").err().unwrap();
            assert!(left_out.server == server && left_out.why.ends_with("is not installed"), "{left_out:?}");
        }
    }
}
