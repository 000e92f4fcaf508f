//! The part of an address that stands for one subscriber.

use std::net::{IpAddr, Ipv6Addr};

/// An IPv4 address, or a /64 of IPv6: one subscriber has that much at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// All callers whose address is not known.
    pub const UNKNOWN: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// The address that stands for it: the first of an IPv6 network.
    #[must_use]
    pub const fn address(self) -> IpAddr {
        self.0
    }

    /// The network of an address, however the address is written.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        Network::of(address.parse().unwrap())
    }

    #[test]
    fn addresses_of_one_ipv6_subscriber_are_one_and_those_of_ipv4_are_not() {
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_ne!(network("20.1.2.3"), network("20.1.2.4"));
    }

    #[test]
    fn an_ipv4_address_is_one_however_it_is_written() {
        assert_eq!(network("20.1.2.3"), network("::ffff:20.1.2.3"));
    }
}
