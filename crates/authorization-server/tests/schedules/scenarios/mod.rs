//! The scenarios: callers that run at the same time.

mod redemptions;
mod refreshes;
mod replays;
mod revocations;
mod withdrawals;
