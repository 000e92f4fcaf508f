//! Measures the packaged handler beside a limit program on bare hyper, rmcp's own server, and what people would pick instead,
//! in interleaved rounds, and writes a table and a chart.
//!
//! What counts is the time of the processor per request, as the kernel counts it for each server's processes: the load generator
//! and the stand-in for Graph share the machine, so throughput says less.

mod answer;
mod chart;
mod kind;
mod measured;
mod places;
mod process;
mod report;
mod round;
mod server;
mod servers;
mod wrk;

use std::{error::Error, path::PathBuf};

use clap::Parser;

use self::{measured::Measured, places::Places, round::Load, servers::Servers};

/// Measures, and writes the results.
#[derive(Parser)]
struct Args {
    /// The handler: that of `cargo xtask package`.
    #[arg(long)]
    handler: PathBuf,
    /// The server of `dev/bench-server`, with optimisation.
    #[arg(long)]
    server: PathBuf,
    /// The folder of the peers that are installed.
    #[arg(long)]
    peers: PathBuf,
    /// The page that has the table.
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

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    wrk::check_is_installed()?;
    let places = Places { handler: args.handler, server: args.server, peers: args.peers };
    let servers = Servers::start(&places).await?;
    for left_out in &servers.left_out {
        println!("left out: {}: {}", left_out.server.name(), left_out.why);
    }
    println!("{} servers, {} left out", servers.all.len(), servers.left_out.len());
    let load = Load { seconds: args.seconds, connections: args.connections };
    let mut measured = Measured::default();
    for round in 1..=args.rounds {
        println!("round {round} of {}", args.rounds);
        round::measure(&servers, load, &mut measured)?;
    }
    let rows = measured.rows();
    print!("{}", report::table(&rows));
    report::write(&args.page, &rows, &servers.left_out, load, args.rounds)?;
    chart::draw(&args.chart, &rows)
}
