//! API Management, in front of the function app: it knows the routes and five methods, limits each address, proves with its
//! identity's token that a request came through it, and names the caller's address. It is a hop of its own, over a socket.

mod answer;
mod proxy;
mod rates;

use std::{sync::Arc, time::Duration};

pub(crate) use answer::unavailable;
pub(crate) use proxy::GatewayProxy;
pub use rates::Rate;

/// How the gateway behaves.
#[derive(Clone)]
pub struct Gateway {
    /// The rate limits of each address. Every rate that names a request's route or none counts it.
    pub rates: Vec<Rate>,
    /// An exchange in which no byte moves for that long is cut.
    pub idle: Duration,
    /// Gives the token of the gateway's managed identity.
    token: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

impl Gateway {
    /// A gateway that asks `token` for its identity's token before each request. Without one it answers 503 itself.
    pub fn new(token: impl Fn() -> Option<String> + Send + Sync + 'static) -> Self {
        Self { rates: Rate::deployed(), idle: Duration::from_mins(4), token: Arc::new(token) }
    }
}
