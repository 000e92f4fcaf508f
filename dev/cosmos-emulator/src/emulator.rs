//! An emulator that runs, and what a test may do to it.

use std::sync::Arc;

use axum::Router;
use serde_json::Value;
use stand_in::{Gate, Recent, Servers, Site};

use crate::faults::{Fault, Faults};
use crate::{
    Operation, Options, StartError, account::DATABASE, auth::Authenticator, front, front::Front, store::Store,
};

/// A running account. Dropping it ends it, too, but [`Emulator::stop`] waits until the port is free. Data lives as long as
/// this value.
pub struct Emulator {
    url: String,
    front: Arc<Front>,
    gate: Gate,
    servers: Servers,
}

/// Starts an account with its database and empty containers; when this returns it accepts requests.
pub async fn start(options: Options) -> Result<Emulator, StartError> {
    let (port, listeners) = stand_in::listen(options.port).await?;
    let url = format!("http://127.0.0.1:{port}");
    let authenticator = Authenticator::new(&options)?;
    let store = Store::create(&url, options.clock).await?;
    let front = Arc::new(Front { authenticator, faults: Faults::default(), operations: Recent::default(), store });
    let (gate, mut servers) = (Gate::default(), Servers::default());
    let router = Router::new().fallback(front::answer).with_state(Arc::clone(&front));
    servers.serve(listeners, &Site::new(router).behind(gate.clone()));
    Ok(Emulator { url, front, gate, servers })
}

impl Emulator {
    /// `http://127.0.0.1:PORT`, without a final slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The handler's environment.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        [("COSMOS_ENDPOINT", self.url.as_str()), ("COSMOS_DATABASE", DATABASE), ("COSMOS_DISABLE_IMDS", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    /// From now on this goes wrong, in addition to what does already.
    pub fn inject(&self, fault: Fault) {
        self.front.faults.inject(fault);
    }

    /// Nothing more goes wrong.
    pub fn clear_faults(&self) {
        self.front.faults.clear();
    }

    /// Every operation on items so far, oldest first, metadata not counted.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.front.operations.all()
    }

    /// Forgets the operations, and tells what they were.
    #[expect(clippy::must_use_candidate, reason = "some tests only forget")]
    pub fn clear_operations(&self) -> Vec<Operation> {
        self.front.operations.clear()
    }

    /// Every item of every container.
    pub async fn dump(&self) -> Vec<Value> {
        self.front.store.dump_all().await
    }

    /// Every item of one container.
    pub async fn dump_container(&self, container: &str) -> Vec<Value> {
        self.front.store.dump(container).await
    }

    /// Closes all connections, and every new one as soon as it is made. The data is kept.
    pub fn pause(&self) {
        self.gate.close();
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.gate.open();
    }

    /// Closes the listeners and all connections, and forgets the data.
    pub async fn stop(self) {
        self.servers.stop().await;
    }
}
