//! Names of hosts to addresses. A connection goes to the addresses that were checked: the name is not resolved again.

use std::{
    error::Error,
    io,
    net::{SocketAddr, ToSocketAddrs as _},
    sync::Arc,
};

use async_trait::async_trait;
use oauth_protocol::special_use::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Lookups at the same time. Each takes a thread of those that also serve the embedded store, for as long as the name's own
/// servers let it wait.
const MAX_CONCURRENT_LOOKUPS: usize = 3;

/// Resolves the names of hosts.
#[async_trait]
pub trait Resolver: Send + Sync + 'static {
    /// The addresses of a host. The port 0 stands for the one of the URL.
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>>;
}

/// The operating system's resolver.
pub struct SystemResolver(Arc<Semaphore>);

impl Default for SystemResolver {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_CONCURRENT_LOOKUPS)))
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let place = Arc::clone(&self.0).acquire_owned().await.map_err(io::Error::other)?;
        let host = host.to_owned();
        let lookup = spawn_blocking(move || {
            // It goes on after its caller has given up, and keeps its place for so long.
            let _place = place;
            (host.as_str(), 0).to_socket_addrs().map(Vec::from_iter)
        });
        lookup.await.map_err(io::Error::other)?
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
    use super::*;

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
        let system = SystemResolver::default();
        assert!(system.resolve("localhost").await.unwrap().iter().all(|address| address.ip().is_loopback()));
        assert!(PublicAddresses(system).resolve("localhost").await.is_err());
    }

    #[tokio::test]
    async fn lookups_wait_for_each_other_and_give_their_places_back() {
        let system = Arc::new(SystemResolver::default());
        let lookups = (0..4 * MAX_CONCURRENT_LOOKUPS).map(|_| {
            let system = Arc::clone(&system);
            tokio::spawn(async move { system.resolve("localhost").await.is_ok() })
        });
        for lookup in lookups.collect::<Vec<_>>() {
            assert!(lookup.await.unwrap());
        }
        assert_eq!(system.0.available_permits(), MAX_CONCURRENT_LOOKUPS);
    }
}
