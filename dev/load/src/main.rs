//! `load [URL]`: many users of a deployment, or of three local processes; prints what they did and what it costs.

use std::{error::Error, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use driver::Server;
use futures_util::{StreamExt as _, stream};
use load::{
    cost::Run,
    deployment, idle,
    journal::{Act, Journal},
    local::Local,
    mix::Mix,
    report, work,
};
use url::Url;

/// Processes, if no URL is given.
const PROCESSES: u32 = 3;
/// Sign-ins at a time.
const AT_A_TIME: usize = 4;

/// Let many users work with a deployment, or with three local processes.
#[derive(Parser)]
#[command(name = "load", bin_name = "cargo xtask load")]
struct Arguments {
    /// Where clients reach the deployment, such as `https://apim-NAME.azure-api.net`. You sign in once for each user.
    /// Without it, three processes run here, with stand-ins for Entra, Graph, Cosmos DB and Key Vault.
    url: Option<Url>,
    /// Signed-in users.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    users: u16,
    /// How many of them hold an HTTP+SSE stream and call over it.
    #[arg(long, default_value_t = 25)]
    streams: u16,
    /// How long they work.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    minutes: u16,
    /// Tool calls of each user.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    calls_per_hour: u32,
    /// Minutes between two refreshes of a user; access tokens last for an hour.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=55))]
    refresh_minutes: u16,
}

impl Arguments {
    fn mix(&self) -> Mix {
        let minutes = |minutes: u16| Duration::from_mins(minutes.into());
        Mix {
            users: self.users.into(),
            streams: self.streams.min(self.users).into(),
            duration: minutes(self.minutes),
            between_calls: Duration::from_hours(1) / self.calls_per_hour,
            between_refreshes: minutes(self.refresh_minutes),
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.url {
        Some(url) => of_a_deployment(url, arguments.mix()).await,
        None => of_local_processes(arguments.mix()).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn of_local_processes(mix: Mix) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (local, journal) = (Local::start(PROCESSES as usize).await?, Journal::default());
    let everything = async {
        let sign_ins = (0..mix.users).map(|number| journal.note(Act::SignIn, local.sign_in(number)));
        let users: Vec<_> =
            stream::iter(sign_ins).buffer_unordered(AT_A_TIME).filter_map(std::future::ready).collect().await;
        let sign_ins = local.usage();
        let idle = idle(&local, &users, &mix, PROCESSES as usize).await?;
        println!("{} users signed in and work for {} minutes", users.len(), mix.duration.as_secs() / 60);
        work(users, &mix, &journal).await;
        Ok::<_, String>(Run {
            mix,
            entries: journal.entries(),
            sign_ins,
            work: local.usage(),
            instances: PROCESSES,
            idle,
        })
    };
    let run = tokio::select! {
        run = everything => run?,
        never = local.watch() => match never {},
    };
    println!("{}", report::acts(&journal));
    if !run.has_calls() {
        return Err("no call succeeded, so there is nothing to divide the costs by".into());
    }
    println!("{}", report::costs(&run));
    Ok(())
}

async fn of_a_deployment(url: &Url, mix: Mix) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (server, journal) = (Arc::new(Server::new(url.as_str().trim_end_matches('/').to_owned())), Journal::default());
    let mut users = Vec::new();
    for _ in 0..mix.users {
        users.extend(journal.note(Act::SignIn, deployment::sign_in(&server)).await);
    }
    println!("{} users signed in and work for {} minutes", users.len(), mix.duration.as_secs() / 60);
    work(users, &mix, &journal).await;
    println!("{}", report::acts(&journal));
    println!("What it used is in Azure: docs/cost.md says how to read it.");
    Ok(())
}
