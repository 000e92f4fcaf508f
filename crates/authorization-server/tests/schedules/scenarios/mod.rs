//! The scenarios: callers that run at the same time.

mod blocks;
mod demands;
mod holders;
mod one_copy;
mod redemptions;
mod refreshes;
mod refusals;
mod replays;
mod revocations;
mod withdrawals;
