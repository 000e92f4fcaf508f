//! The run, and what is true afterwards.

use std::time::Duration;

use remote_auth_mcp::config::Environment;
use serde_json::{Map, Value};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    secrets::Secrets,
    server::Server,
    worker::{Statuses, Worker},
};

const SECONDS: u64 = 300;
const WORKERS: u64 = 4;
/// How many kB more than after a tenth of the run the process may have at any time.
const PEAK: u64 = 24 * 1024;
/// How many kB more than after half of the run it may have at the end.
const GROWTH: u64 = 8 * 1024;
/// Answers that must have been reached without a mutation: otherwise the run shows nothing.
const REACHED: [(&str, u16); 11] = [
    ("/register", 201),
    ("/authorize", 200),
    ("/consent", 200),
    ("/oauth-callback", 302),
    ("/token", 200),
    ("/token", 400),
    ("/revoke", 200),
    ("/connections", 200),
    ("/mcp", 200),
    ("/mcp/sse", 200),
    ("/mcp/message", 202),
];

fn setting(name: &str) -> Option<u64> {
    Environment::of_process().get(name).map(|text| text.parse().expect("a number"))
}

fn seed() -> u64 {
    let of_the_clock = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let seed = setting("FUZZ_SEED").unwrap_or_else(of_the_clock);
    println!("FUZZ_SEED={seed}");
    seed
}

/// All workers until then.
async fn workers(server: &Server, seed: u64, until: Instant) -> (Statuses, Secrets) {
    let mut workers = JoinSet::new();
    for number in 0..WORKERS {
        workers.spawn(Worker::new(server.handler.address, seed.wrapping_mul(WORKERS) + number).run(until));
    }
    let (mut statuses, mut secrets) = (Statuses::new(), Secrets::default());
    // A worker that panics ends the run.
    while let Some(worker) = workers.join_next().await {
        let (of_worker, further) = worker.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        for (answer, times) in of_worker {
            *statuses.entry(answer).or_default() += times;
        }
        secrets.extend(further);
    }
    (statuses, secrets)
}

fn check_log(lines: &[String], secrets: &Secrets) {
    let is_json = |line: &&String| serde_json::from_str::<Map<String, Value>>(line).is_ok();
    let other: Vec<&String> = lines.iter().filter(|line| !is_json(line)).collect();
    assert!(other.is_empty(), "not JSON: {other:#?}");
    let panics: Vec<&String> = lines.iter().filter(|line| line.contains("panicked")).collect();
    assert!(panics.is_empty(), "{panics:#?}");
    let told = secrets.lines_with_one(lines);
    assert!(told.is_empty(), "{} lines tell a secret: {:#?}", told.len(), told.first());
    let logged = |words: &str| lines.iter().filter(|line| line.contains(words)).count();
    assert!(logged("\"endpoint\":\"token\"") > 0 && logged("\"event\"") > 0, "the log is not the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by `cargo xtask test proof --long`: it takes five minutes"]
async fn whatever_is_sent_nothing_breaks() {
    let (began, seconds) = (Instant::now(), setting("FUZZ_SECONDS").unwrap_or(SECONDS));
    let mut server = Server::start().await;
    let seed = seed();
    let until = began + Duration::from_secs(seconds);
    let sizes = async {
        sleep_until(began + Duration::from_secs(seconds / 10)).await;
        let warm = server.handler.kilobytes("VmRSS");
        sleep_until(began + Duration::from_secs(seconds / 2)).await;
        (warm, server.handler.kilobytes("VmRSS"))
    };
    let ((statuses, secrets), (warm, half)) = tokio::join!(workers(&server, seed, until), sizes);
    let (peak, last) = (server.handler.kilobytes("VmHWM"), server.handler.kilobytes("VmRSS"));
    println!("{} good requests, {} secrets", statuses.values().sum::<usize>(), secrets.len());
    println!(
        "{warm} kB after a tenth of the time, {half} kB after half of it, {peak} kB at most, {last} kB at the end"
    );
    println!("{statuses:#?}");
    assert!(server.is_running());
    assert!(peak <= warm + PEAK, "{peak} kB at most, {warm} kB after a tenth of the time");
    assert!(last <= half + GROWTH, "{last} kB at the end, {half} kB after half of the time");
    check_log(&server.stop(), &secrets);
    for (route, status) in REACHED {
        assert!(statuses.contains_key(&(route.to_owned(), status)), "{route} never answered {status}");
    }
}
