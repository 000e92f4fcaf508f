//! Measures the packaged handler beside a limit program on bare hyper and beside rmcp's own server, in interleaved rounds,
//! and writes a table and a chart.
//!
//! What counts is the time of the processor per request, as the kernel counts it for each server's process: the load generator
//! and the stand-in for Graph share the machine, so throughput says less.

mod chart;
mod measured;
mod places;
mod process;
mod report;
mod round;
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
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Connections that are used at a time.
    #[arg(long, default_value_t = 16)]
    connections: u32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    wrk::check_is_installed()?;
    let places = Places { handler: args.handler, server: args.server };
    let servers = Servers::start(&places).await?;
    let load = Load { seconds: args.seconds, connections: args.connections };
    let mut measured = Measured::default();
    for round in 1..=args.rounds {
        println!("round {round} of {}", args.rounds);
        round::measure(&servers, load, &mut measured)?;
    }
    let rows = measured.rows();
    print!("{}", report::table(&rows));
    report::write(&args.page, &rows, load, args.rounds)?;
    chart::draw(&args.chart, &rows)
}
