//! Who does what at the same time.

mod redemptions;
mod refreshes;
mod replays;
mod revocations;
mod withdrawals;
