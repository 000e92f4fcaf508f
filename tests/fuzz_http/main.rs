//! Requests that a grammar makes up and mutates, on every route of a handler that runs, for five minutes. None is answered
//! with 5xx but 503 with Retry-After, none makes the process panic, nothing secret is logged, and memory stays flat.
//!
//! `cargo xtask test proof --long` runs it. `FUZZ_SEED` repeats a run as far as the order of answers allows, `FUZZ_SECONDS`
//! changes its length.
#![cfg(test)]

mod answer;
mod grammar;
mod known;
mod mutation;
mod random;
mod request;
mod run;
mod secrets;
mod server;
mod worker;
