//! A round: every server, with every kind of request.

use std::error::Error;

use crate::{
    kind::Kind,
    measured::{Measured, Sample},
    process,
    servers::Servers,
    wrk::{self, Post},
};

/// How much a server is sent.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) seconds: u32,
    pub(crate) connections: u32,
}

/// Measures every server once with each kind of request. Before that each is sent requests for a second.
pub(crate) fn measure(servers: &Servers, load: Load, measured: &mut Measured) -> Result<(), Box<dyn Error>> {
    let script = servers.folder.path().join("post.lua");
    for kind in Kind::ALL {
        for running in &servers.all {
            let token = (kind != Kind::Unauthorized).then_some(running.token.as_str());
            let post = Post { url: &running.url, token, body: &kind.body(), script: &script };
            let failed = |error| format!("{}, {}: {error}", running.server.name(), kind.name());
            wrk::run(&post, load.connections, 1).map_err(failed)?;
            let before = process::seconds(running.group)?;
            let run = wrk::run(&post, load.connections, load.seconds).map_err(failed)?;
            measured.add(kind, running.server, Sample::of(run, process::seconds(running.group)? - before));
        }
    }
    Ok(())
}
