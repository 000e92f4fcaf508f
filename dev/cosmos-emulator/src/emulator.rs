//! An emulator that runs, and what a test may do to it.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::{
    Options, StartError,
    auth::Authenticator,
    control::Control,
    faults::{Fault, Faults},
    front::Front,
    random,
    recorded::{MetadataRequest, Operation, Recorded},
    server::{self, App, Gate},
    store::Store,
    tls,
};

/// How often expired items are removed that nobody asks for.
const SWEEP: Duration = Duration::from_secs(1);

/// A running account. Dropping it ends it, too, but [`Emulator::stop`] waits until the ports are free. Data lives as
/// long as this value.
pub struct Emulator {
    url: String,
    control_url: String,
    control: Arc<Control>,
    stop: watch::Sender<Gate>,
    tasks: JoinSet<()>,
}

/// The same account over https.
#[derive(Clone, Debug)]
pub struct Https {
    /// `https://127.0.0.1:PORT`.
    pub url: String,
    /// The certificate to trust, in PEM. It is another one after each start.
    pub certificate: String,
}

/// Starts an account with its database and empty containers; when this returns it accepts requests.
pub async fn start(options: Options) -> Result<Emulator, StartError> {
    let front = Arc::new(Front {
        authenticator: Authenticator::new(&options)?,
        database: options.database.clone(),
        faults: Faults::default(),
        recorded: Recorded::default(),
        store: Store::create(&options.database, options.clock).await?,
    });
    let (port, listener) = server::bind(options.port).await?;
    let (control_port, control_listener) = server::bind(0).await?;
    let control = Arc::new(Control { token: random::opaque(), front, gate: watch::Sender::new(Gate::Open) });
    let mut emulator = Emulator {
        url: format!("http://127.0.0.1:{port}"),
        control_url: format!("http://127.0.0.1:{control_port}/_control"),
        control,
        stop: watch::Sender::new(Gate::Open),
        tasks: JoinSet::new(),
    };
    emulator.serve_cosmos(listener, None, &emulator.url.clone());
    let app = App::Control(Arc::clone(&emulator.control));
    emulator.tasks.spawn(server::serve(control_listener, None, app, emulator.stop.subscribe()));
    emulator.tasks.spawn(sweep(Arc::clone(&emulator.control.front), emulator.stop.subscribe()));
    Ok(emulator)
}

async fn sweep(front: Arc<Front>, mut stop: watch::Receiver<Gate>) {
    let mut interval = tokio::time::interval(SWEEP);
    loop {
        tokio::select! {
            _ = interval.tick() => front.store.sweep().await,
            _ = stop.changed() => return,
        }
    }
}

impl Emulator {
    fn serve_cosmos(&mut self, listener: TcpListener, tls: Option<TlsAcceptor>, origin: &str) {
        let gate = self.control.gate.subscribe();
        let app = App::Cosmos { front: Arc::clone(&self.control.front), origin: Arc::from(origin), gate: gate.clone() };
        self.tasks.spawn(server::serve(listener, tls, app, gate));
    }

    /// Listens on https, too, with a certificate made now.
    pub async fn listen_https(&mut self, port: u16) -> Result<Https, StartError> {
        let (acceptor, certificate) = tls::acceptor()?;
        let (port, listener) = server::bind(port).await?;
        let url = format!("https://127.0.0.1:{port}");
        self.serve_cosmos(listener, Some(acceptor), &url);
        Ok(Https { url, certificate })
    }

    /// `http://127.0.0.1:PORT`, without a final slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The handler's environment.
    #[must_use]
    pub fn settings(&self) -> Vec<(String, String)> {
        [
            ("COSMOS_ENDPOINT", self.url.as_str()),
            ("COSMOS_DATABASE", self.control.front.database.as_str()),
            ("COSMOS_DISABLE_IMDS", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// From now on this goes wrong, in addition to what does already.
    pub fn inject(&self, fault: Fault) {
        self.control.front.faults.inject(fault);
    }

    /// Nothing more goes wrong.
    pub fn clear_faults(&self) {
        self.control.front.faults.clear();
    }

    /// Every operation on items so far, oldest first, metadata not counted.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.control.front.recorded.operations()
    }

    /// Every other request so far, refused ones among them.
    #[must_use]
    pub fn metadata_requests(&self) -> Vec<MetadataRequest> {
        self.control.front.recorded.metadata_requests()
    }

    /// Forgets what was asked.
    pub fn clear_operations(&self) {
        self.control.front.recorded.clear();
    }

    /// Every item of every container.
    pub async fn dump(&self) -> Vec<Value> {
        self.control.front.store.dump_all().await
    }

    /// Every item of one container.
    pub async fn dump_container(&self, container: &str) -> Vec<Value> {
        self.control.front.store.dump(container).await
    }

    /// Closes all connections, and every new one as soon as it is made. The data is kept.
    pub fn pause(&self) {
        self.control.set(Gate::Down);
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.control.set(Gate::Open);
    }

    /// The same over HTTP: `POST`, `DELETE /faults`, `GET`, `DELETE /operations`, `GET /metadata`, `GET /items`, `POST
    /// /down`, `POST /up` below this URL, with [`Emulator::control_token`] as bearer token.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// For [`Emulator::control_url`].
    #[must_use]
    pub fn control_token(&self) -> &str {
        &self.control.token
    }

    /// Closes the listeners and all connections, and forgets the data.
    pub async fn stop(mut self) {
        self.control.set(Gate::Stopped);
        // No receiver is left only if everything has ended already.
        let _ = self.stop.send(Gate::Stopped);
        while self.tasks.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use bytes::Bytes;
    use http::Request;

    use super::*;
    use crate::requests::{DataRequest, PARTITION_KEY, Verb, segments};

    #[tokio::test]
    async fn expired_items_are_swept_though_nobody_asks() {
        let now = Arc::new(AtomicI64::new(1_000));
        let shown = Arc::clone(&now);
        let clock = Arc::new(move || shown.load(Ordering::SeqCst));
        let emulator = start(Options { clock, ..Options::new("http://localhost:1", "t") }).await.unwrap();
        let store = &emulator.control.front.store;
        let path = "/dbs/mcp/colls/clients/docs";
        let request = Request::post(path).header(PARTITION_KEY, r#"["a"]"#);
        let request = request.body(Bytes::from_static(br#"{"id":"a","ttl":60}"#)).unwrap();
        let request = DataRequest::parse(Verb::Create, &segments(path), request).unwrap();
        assert_eq!(store.perform(&request, None).await.status(), 201);
        now.fetch_add(60, Ordering::SeqCst);
        assert_eq!(store.stored("clients").await.len(), 1);
        let swept = async {
            while !store.stored("clients").await.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SWEEP * 10, swept).await.unwrap();
    }
}
