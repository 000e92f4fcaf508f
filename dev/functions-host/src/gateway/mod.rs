//! API Management, in front of the function app: it knows the routes and five methods, limits each address, proves with its
//! identity's token that a request came through it, and names the caller's address. It is a hop of its own, over a socket.

mod answer;
mod proxy;
mod rates;
mod tenant;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use answer::unavailable;
pub(crate) use proxy::GatewayProxy;
pub use rates::Rate;
pub use token::NoToken;
use token::Source;

/// How the gateway behaves.
#[derive(Clone)]
pub struct Gateway {
    /// What each address may do how often. Every rate that names a request's route or none counts it.
    pub rates: Vec<Rate>,
    /// An exchange in which no byte moves for that long is cut.
    pub idle: Duration,
    source: Source,
}

impl Gateway {
    /// With tokens of its identity from there, fetched when needed and again before one ends.
    pub fn new<F, T>(token: F) -> Self
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<String, NoToken>> + Send + 'static,
    {
        let source: Source = Arc::new(move || Box::pin(token()));
        Self { rates: Rate::deployed(), idle: Duration::from_mins(4), source }
    }

    /// With tokens that the local tenant at this URL gives to whoever has its control token.
    #[must_use]
    pub fn of_tenant(base_url: &str, control_token: &str) -> Self {
        let (base_url, control_token) = (base_url.to_owned(), control_token.to_owned());
        Self::new(move || {
            let (base_url, control_token) = (base_url.clone(), control_token.clone());
            async move { tenant::gateway_token(&base_url, &control_token).await }
        })
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("rates", &self.rates).field("idle", &self.idle).finish_non_exhaustive()
    }
}
