//! A round: every server, with every kind of request.

use std::error::Error;

use crate::{
    measured::{Measured, Sample},
    process,
    servers::{Kind, Server, Servers},
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
        for server in Server::ALL {
            let (url, id) = servers.of(server);
            let token = (kind != Kind::Unauthorized).then_some(servers.token.as_str());
            let post = Post { url: &url, token, body: &kind.body(), script: &script };
            wrk::run(&post, load.connections, 1)?;
            let before = process::seconds(id)?;
            let run = wrk::run(&post, load.connections, load.seconds)?;
            measured.add(kind, server, Sample::of(run, process::seconds(id)? - before));
        }
    }
    Ok(())
}
