//! The documents that clients publish on the internet. Anybody can name a URL here, so a host is asked only over https, at
//! public addresses, without redirects, for little, for a short time, and not often.

mod fetcher;
mod freshness;
mod rates;
mod resolver;
mod signatures;

pub use fetcher::Fetcher;
pub use resolver::{PublicAddresses, Resolver, SystemResolver};
pub use signatures::JsonWebSignatures;
