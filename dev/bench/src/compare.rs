//! `cargo xtask bench`: everything that docs/benchmarks.md has.

use std::{collections::BTreeMap, error::Error, path::PathBuf};

use driver::handler::raise_open_files;

use crate::{
    callgrind::Callgrind,
    chart,
    instructions::{self, Counts},
    kind::Kind,
    measured::Measured,
    memory::{self, Burst, Memory},
    places::Places,
    report::{self, Results},
    round::{self, Load},
    server::Server,
    servers::Servers,
    start, wrk,
};

/// The programs to measure, and the places for the results.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The handler: that of `cargo xtask package`.
    #[arg(long)]
    handler: PathBuf,
    /// The server of `dev/bench-server`, with optimisation.
    #[arg(long)]
    server: PathBuf,
    /// The folder of the peers that are installed.
    #[arg(long)]
    peers: PathBuf,
    /// The page that has the tables.
    #[arg(long)]
    page: PathBuf,
    /// The chart.
    #[arg(long)]
    chart: PathBuf,
    /// How often each server is measured.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 2)]
    seconds: u32,
    /// Connections that are used at a time.
    #[arg(long, default_value_t = 16)]
    connections: u32,
}

/// Measures, and writes the results.
pub(crate) async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    raise_open_files();
    memory::check_open_files()?;
    wrk::check_is_installed()?;
    let places = Places { handler: args.handler, server: args.server, peers: args.peers };
    let servers = Servers::start(&places).await?;
    for left_out in &servers.left_out {
        println!("left out: {}: {}", left_out.server.name(), left_out.why);
    }
    println!("{} servers, {} left out", servers.all.len(), servers.left_out.len());
    let starts = start::measure(&places).await?;
    println!("{starts:?}");
    let calls = Burst::of_calls(&places, &servers.graph, servers.folder.path()).await?.later().await;
    let load = Load { seconds: args.seconds, connections: args.connections };
    let (mut measured, mut alone) = (Measured::default(), Measured::default());
    for number in 1..=args.rounds {
        println!("round {number} of {}", args.rounds);
        round::measure(&servers, load, &Kind::ALL, |_| true, &mut measured)?;
        let of_rust = |server: Server| !Server::PEERS.contains(&server);
        round::measure(&servers, Load { connections: 1, ..load }, &[Kind::Call], of_rust, &mut alone)?;
    }
    let memory = Memory { calls, streams: memory::with_streams(&places, &servers.graph).await? };
    println!("{memory:?}");
    let instructions = counted(&places, &servers).await?;
    let (rows, alone, left_out) = (measured.rows(), alone.rows(), &servers.left_out);
    let results = Results { rows: &rows, alone: &alone, instructions: &instructions, memory, starts, left_out };
    print!("{}", results.markdown());
    report::write(&args.page, &results, load, args.rounds)?;
    chart::draw(&args.chart, &rows)
}

/// The instructions of the servers that are not interpreted; none where valgrind is missing.
async fn counted(places: &Places, servers: &Servers) -> Result<BTreeMap<Server, Counts>, Box<dyn Error>> {
    let Some(callgrind) = Callgrind::find()? else {
        println!("left out: instructions: valgrind is missing: apt-get install valgrind");
        return Ok(BTreeMap::new());
    };
    println!("counting instructions");
    let ours = instructions::of_handler(&callgrind, &places.handler, &servers.graph).await?;
    let mut counts = BTreeMap::from([(Server::Handler, ours)]);
    for running in &servers.all {
        if let Some(words) = running.server.words(servers.answers(), &servers.graph.me()) {
            let of = instructions::of_server(&callgrind, &places.server, &words, &running.token);
            counts.insert(running.server, of.await?);
        }
    }
    Ok(counts)
}
