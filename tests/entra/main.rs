//! Our requests to Entra ID and the identity endpoint, and how we read the answers, beside Microsoft's libraries, which
//! are recorded in `tests/golden/entra`. `differences.rs` names each difference and its reason.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod access_token;
mod answers;
mod client_token;
mod differences;
mod gateway_token;
mod id_token;
mod identity;
mod limits;
mod negative_cache;
mod requests;
mod retries;
mod scripted;
mod signed;
mod signing_keys;
mod support;
