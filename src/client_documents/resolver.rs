//! Names of hosts to addresses. A connection goes to the addresses that were checked: the name is not resolved again.

use std::{
    error::Error,
    io,
    net::{SocketAddr, ToSocketAddrs as _},
    sync::Arc,
    thread,
};

use async_trait::async_trait;
use authorization_server::ground::{AuditLog, EventName};
use oauth_protocol::special_use::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::{Semaphore, oneshot};

use crate::places::place;

/// Lookups of one resolver at the same time. A lookup cannot be ended: it goes on after its request has given up, for as long as
/// the name's own servers let it wait, so there may be more of them than requests.
const MAX_CONCURRENT_LOOKUPS: usize = 64;
/// The C library needs less for a lookup.
const STACK_BYTES: usize = 256 * 1024;

/// Resolves the names of hosts.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// The addresses of a host. The port 0 stands for the one of the URL.
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>>;
}

type LookUp = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// The operating system's resolver. Each lookup has a thread of its own, and takes none of those that serve the embedded store.
pub struct SystemResolver {
    places: Arc<Semaphore>,
    look_up: Arc<LookUp>,
    audit: Arc<dyn AuditLog>,
}

impl SystemResolver {
    /// It reports lookups that wait for others.
    #[must_use]
    pub fn new(audit: Arc<dyn AuditLog>) -> Self {
        Self::with(audit, |host| (host, 0).to_socket_addrs().map(Vec::from_iter))
    }

    fn with(
        audit: Arc<dyn AuditLog>,
        look_up: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self { places: Arc::new(Semaphore::new(MAX_CONCURRENT_LOOKUPS)), look_up: Arc::new(look_up), audit }
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let full = || self.audit.report(&EventName::LimitReached.event().because("lookups of names"));
        let place = place(&self.places, full).await.ok_or_else(|| io::Error::other("no places"))?;
        let (answer, answered) = oneshot::channel();
        let (host, look_up) = (host.to_owned(), Arc::clone(&self.look_up));
        let lookup = move || {
            // Its caller may have given up.
            let _ = answer.send(look_up(&host));
            drop(place);
        };
        thread::Builder::new().name("lookup".into()).stack_size(STACK_BYTES).spawn(lookup)?;
        answered.await.map_err(io::Error::other)?
    }
}

/// A resolver whose answer counts only if every address in it is public.
pub struct PublicAddresses<R>(pub R);

#[async_trait]
impl<R: Resolver> Resolver for PublicAddresses<R> {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let addresses = self.0.resolve(host).await?;
        if addresses.iter().all(|address| is_public(address.ip())) {
            Ok(addresses)
        } else {
            Err(io::Error::other("the host has an address that is not public"))
        }
    }
}

/// A resolver for reqwest, which connects to the addresses that this returns.
pub(super) struct Pinned(pub(super) Arc<dyn Resolver>);

impl Resolve for Pinned {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = resolver.resolve(name.as_str()).await?;
            if addresses.is_empty() {
                return Err(Box::<dyn Error + Send + Sync>::from("the host has no address"));
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Mutex, PoisonError, mpsc},
        time::Duration,
    };

    use authorization_server::ground::AuditEvent;
    use futures_util::poll;
    use tokio::{task::yield_now, time::timeout};

    use super::*;

    /// The events: name and reason.
    #[derive(Default)]
    struct Heard(Mutex<Vec<(EventName, Option<&'static str>)>>);

    impl AuditLog for Heard {
        fn report(&self, event: &AuditEvent) {
            self.0.lock().unwrap().push((event.name, event.reason));
        }
    }

    struct Fixed(&'static [&'static str]);

    #[async_trait]
    impl Resolver for Fixed {
        async fn resolve(&self, _: &str) -> io::Result<Vec<SocketAddr>> {
            Ok(self.0.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect())
        }
    }

    async fn resolved(addresses: &'static [&'static str]) -> Option<usize> {
        PublicAddresses(Fixed(addresses)).resolve("client.example").await.ok().map(|addresses| addresses.len())
    }

    #[tokio::test]
    async fn public_addresses_are_given_on() {
        assert_eq!(resolved(&["20.1.2.3", "2606:4700::1111"]).await, Some(2));
    }

    #[tokio::test]
    async fn one_address_that_is_not_public_refuses_the_host() {
        for addresses in [
            &["127.0.0.1"] as &[&str],
            &["169.254.169.254"],
            &["::ffff:127.0.0.1"],
            &["64:ff9b::7f00:1"],
            &["20.1.2.3", "10.0.0.1"],
            &["fd00::1", "20.1.2.3"],
        ] {
            assert_eq!(resolved(addresses).await, None, "{addresses:?}");
        }
    }

    #[tokio::test]
    async fn the_system_resolves_the_name_of_this_machine_which_is_not_public() {
        let system = SystemResolver::new(Arc::<Heard>::default());
        assert!(system.resolve("localhost").await.unwrap().iter().all(|address| address.ip().is_loopback()));
        assert!(PublicAddresses(system).resolve("localhost").await.is_err());
    }

    #[tokio::test]
    async fn names_that_are_never_answered_hold_up_no_other_and_give_their_places_back() {
        let (end, hang) = mpsc::channel::<()>();
        let hang = Mutex::new(hang);
        let audit = Arc::<Heard>::default();
        let system = Arc::new(SystemResolver::with(audit.clone(), move |host| {
            if host.starts_with("slow") {
                let _ = hang.lock().unwrap_or_else(PoisonError::into_inner).recv();
            }
            Ok(vec![SocketAddr::new([20, 1, 2, 3].into(), 0)])
        }));
        let slow = (0..60).map(|number| {
            let system = Arc::clone(&system);
            tokio::spawn(async move { system.resolve(&format!("slow{number}.example")).await.is_ok() })
        });
        let slow: Vec<_> = slow.collect();
        yield_now().await;
        let other = async || timeout(Duration::from_mins(5), system.resolve("client.example")).await.expect("a place");
        assert!(other().await.is_ok());
        for given_up in &slow[..10] {
            given_up.abort();
        }
        assert!(other().await.is_ok());
        assert!(audit.0.lock().unwrap().is_empty());
        drop(end);
        let _all = system.places.acquire_many(MAX_CONCURRENT_LOOKUPS.try_into().unwrap()).await.unwrap();
        for slow in slow.into_iter().skip(10) {
            assert!(slow.await.unwrap());
        }
    }

    #[tokio::test]
    async fn more_lookups_than_there_are_places_wait_for_each_other() {
        let audit = Arc::<Heard>::default();
        let (begin, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let system = SystemResolver::with(audit.clone(), move |_| {
            let _ = wait.lock().unwrap_or_else(PoisonError::into_inner).recv();
            Ok(Vec::new())
        });
        let mut lookups: Vec<_> =
            (0..2 * MAX_CONCURRENT_LOOKUPS).map(|_| Box::pin(system.resolve("client.example"))).collect();
        for lookup in &mut lookups {
            assert!(poll!(lookup).is_pending());
        }
        let waiting = [(EventName::LimitReached, Some("lookups of names")); MAX_CONCURRENT_LOOKUPS];
        assert_eq!(*audit.0.lock().unwrap(), waiting);
        drop(begin);
        for lookup in lookups {
            assert!(lookup.await.is_ok());
        }
    }
}
