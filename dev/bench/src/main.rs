//! Measures the packaged handler beside a limit program on bare hyper, rmcp's own server, and what people would pick instead,
//! in interleaved rounds, and writes tables and a chart. Or counts the instructions of a request, and compares them.
//!
//! The measure is the time of the processor per request, as the kernel counts it for each server's processes: the load generator
//! and the stand-in for Graph share the machine, so throughput says less.

mod answer;
mod baseline;
mod callgrind;
mod chart;
mod check;
mod compare;
mod instructions;
mod kind;
mod measured;
mod memory;
mod places;
mod process;
mod report;
mod round;
mod server;
mod servers;
mod start;
mod streams;
mod targets;
mod wrk;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};

/// Measures the packaged handler.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measures it beside other servers, and writes the page and the chart.
    Compare(compare::Args),
    /// Measures its memory alone, with many connections and many streams.
    Memory(memory::Args),
    /// Counts the instructions of a request, and compares them with the baseline.
    Instructions(check::Args),
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    match Args::parse().task {
        Task::Compare(args) => compare::run(args).await.map(|()| ExitCode::SUCCESS),
        Task::Memory(args) => memory::run(args).await.map(|()| ExitCode::SUCCESS),
        Task::Instructions(args) => check::run(args).await,
    }
}
