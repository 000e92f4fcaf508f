//! Rate limits of requests without credentials: for each address that the gateway names, and for all together, so that
//! a flood from many addresses fills no store.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

/// Registrations of everybody, at once, and per minute after that. A client registers once in its life.
const REGISTRATIONS: NonZeroU32 = NonZeroU32::new(300).unwrap();

/// Calls of one address a minute, to all endpoints together. The gateway alone counts these.
pub const CALLS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(1200).unwrap();

/// The number of addresses with a limit of their own; all others share one limit.
const MOST_ADDRESSES: usize = 50_000;
/// Addresses that have been quiet are forgotten once in so many requests.
const SWEEP: usize = 1_000;

/// The endpoints with a limit for each address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limited {
    /// Registrations.
    Register,
    /// Authorization requests.
    Authorize,
    /// Token requests: those of a hosted client come from few addresses for all its users.
    Token,
}

impl Limited {
    /// Calls of one address a minute, at the gateway and here: so many at once, and as many per minute after that.
    pub(super) const fn calls_per_minute(self) -> NonZeroU32 {
        match self {
            Self::Register => const { NonZeroU32::new(30).unwrap() },
            Self::Authorize => const { NonZeroU32::new(60).unwrap() },
            Self::Token => const { NonZeroU32::new(120).unwrap() },
        }
    }
}

/// Too many requests; the limit allows the next one after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany(pub(super) Duration);

/// The limits of one process.
pub struct Limits {
    all_registrations: DefaultDirectRateLimiter,
    register: PerAddress,
    authorize: PerAddress,
    token: PerAddress,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            all_registrations: RateLimiter::direct(Quota::per_minute(REGISTRATIONS)),
            register: PerAddress::new(Limited::Register.calls_per_minute()),
            authorize: PerAddress::new(Limited::Authorize.calls_per_minute()),
            token: PerAddress::new(Limited::Token.calls_per_minute()),
        }
    }
}

impl Limits {
    /// Whether the limit of all registrations allows one more.
    pub(super) fn take_registration(&self) -> bool {
        self.all_registrations.check().is_ok()
    }

    /// Counts a request of an address.
    pub(super) fn take(&self, limited: Limited, address: IpAddr) -> Result<(), TooMany> {
        match limited {
            Limited::Register => self.register.take(address),
            Limited::Authorize => self.authorize.take(address),
            Limited::Token => self.token.take(address),
        }
    }
}

struct PerAddress {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    most: usize,
    taken: AtomicUsize,
}

impl PerAddress {
    /// So many at once, and as many per minute after that.
    fn new(per_minute: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::keyed(Quota::per_minute(per_minute)),
            most: MOST_ADDRESSES,
            taken: AtomicUsize::new(0),
        }
    }

    fn take(&self, address: IpAddr) -> Result<(), TooMany> {
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
        }
        let is_full = self.limiter.len() >= self.most;
        let key = if is_full { Ipv6Addr::UNSPECIFIED.into() } else { network(address) };
        let refused = |refusal: governor::NotUntil<_>| TooMany(refusal.wait_time_from(DefaultClock::default().now()));
        self.limiter.check_key(&key).map_err(refused)
    }
}

/// One IPv6 subscriber has a /64 at least.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_is_limited_and_another_goes_on() {
        let limits = PerAddress::new(TWO);
        let outcomes = [(); 3].map(|()| limits.take(address("20.1.2.3")).is_ok());
        assert_eq!(outcomes, [true, true, false]);
        assert!(limits.take(address("20.1.2.4")).is_ok());
    }

    #[test]
    fn a_refused_caller_gets_the_time_until_the_next_request() {
        let limits = PerAddress::new(TWO);
        let wait = loop {
            if let Err(TooMany(wait)) = limits.take(address("20.1.2.3")) {
                break wait;
            }
        };
        assert!(wait > Duration::from_secs(20) && wait <= Duration::from_secs(30), "{wait:?}");
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one() {
        let limits = PerAddress::new(TWO);
        let outcomes =
            ["2001:db8::1", "2001:db8::ffff:2", "2001:db8::3"].map(|text| limits.take(address(text)).is_ok());
        assert_eq!(outcomes, [true, true, false]);
        assert!(limits.take(address("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn more_addresses_than_can_be_remembered_share_one_limit() {
        let limits = PerAddress { most: 10, ..PerAddress::new(TWO) };
        let flood = |number: u8| limits.take(IpAddr::from([20, 0, 0, number])).is_ok();
        assert!((0..10).all(flood));
        assert_eq!([10, 11, 12].map(flood), [true, true, false]);
        assert_eq!(limits.limiter.len(), 11);
    }

    #[test]
    fn each_endpoint_has_a_limit_of_its_own() {
        let (limits, caller) = (Limits::default(), address("20.1.2.3"));
        for (limited, at_once) in [(Limited::Register, 30), (Limited::Authorize, 60), (Limited::Token, 120)] {
            let begun = std::time::Instant::now();
            let taken = (0..1_000).take_while(|_| limits.take(limited, caller).is_ok()).count();
            // As many are taken in each minute after that.
            let more = at_once * usize::try_from(begun.elapsed().as_millis()).unwrap() / 60_000 + 1;
            assert!((at_once..=at_once + more).contains(&taken), "{limited:?}: {taken}");
        }
    }
}
