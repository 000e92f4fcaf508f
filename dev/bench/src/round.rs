//! A round: every server, with every kind of request.

use std::error::Error;

use crate::{
    kind::Kind,
    measured::{Measured, Sample},
    process,
    server::Server,
    servers::Servers,
    wrk::{self, Post},
};

/// How much a server is sent.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) seconds: u32,
    pub(crate) connections: u32,
}

/// Measures each of these servers once with each of these kinds. Before that it is sent requests for a second.
pub(crate) fn measure(
    servers: &Servers,
    load: Load,
    kinds: &[Kind],
    which: impl Fn(Server) -> bool,
    measured: &mut Measured,
) -> Result<(), Box<dyn Error>> {
    let script = servers.folder.path().join("post.lua");
    for &kind in kinds {
        for running in servers.all.iter().filter(|running| which(running.server)) {
            let tokens = if kind == Kind::Unauthorized { &[] } else { std::slice::from_ref(&running.token) };
            let post = Post { url: &running.url, tokens, body: &kind.body(), script: &script };
            let failed = |error: Box<dyn Error>| format!("{}, {}: {error}", running.server.name(), kind.name());
            wrk::run(&post, load.connections, 1).map_err(failed)?;
            let before = process::seconds(running.group)?;
            let run = wrk::run(&post, load.connections, load.seconds).map_err(failed)?;
            if run.refused > 0 && kind != Kind::Unauthorized {
                return Err(failed(format!("{} requests were refused", run.refused).into()).into());
            }
            measured.add(kind, running.server, Sample::of(run, process::seconds(running.group)?.since(before)));
        }
    }
    Ok(())
}
