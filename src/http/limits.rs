//! How often a caller may come: an owner with an access token, and an address without one. This process counts for itself,
//! in memory: asking the store would cost more than the request.

use std::{num::NonZeroU32, sync::Arc};

use authorization_server::{
    endpoints::callback::CallbackCost,
    ground::{Clock, Holder, Id, Network, Share, TooMany},
};

use crate::{buckets::Buckets, config, mcp::message_count};

/// Calls of one address a minute, to all endpoints together. The gateway alone counts these, and `infra` may set another
/// number. It is a flood guard: an organisation, or all users of a hosted client, may call from one address.
pub const CALLS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(12_000).unwrap();

/// All addresses together may make this process ask Entra about sign-ins as often as so many of them may. Entra throttles our
/// app as a whole, and then refuses the refreshes of those who are signed in, too.
const REDEEMING_NETWORKS: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// The endpoints that anybody may call as often as this allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RateLimit {
    /// Registrations: each is a write.
    Register,
    /// Authorization requests.
    Authorize,
    /// Callbacks: what each costs is counted by itself.
    Callback(CallbackCost),
    /// The pages of consent, connections and operators: a click may be a write, and is a line in the log.
    Page,
    /// Token and revocation requests: those of a hosted client come from few addresses for all its users.
    Token,
}

/// Counts the calls to one process.
pub struct RateLimiter {
    settings: config::Limits,
    of_owners: Buckets<Share>,
    of_holders: Buckets<Holder>,
    of_visitors: Buckets<Id>,
    of_networks: Buckets<(RateLimit, Option<Network>)>,
}

impl RateLimit {
    /// Its name in `MCP_LIMITS`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Register => "registrations-per-minute",
            Self::Callback(_) => "callbacks-per-minute",
            Self::Authorize => "authorizations-per-minute",
            Self::Page => "page-requests-per-minute",
            Self::Token => "token-requests-per-minute",
        }
    }
}

impl RateLimiter {
    /// A limiter that has counted no call yet.
    #[must_use]
    pub fn new(settings: config::Limits, clock: &Arc<dyn Clock>) -> Self {
        let of_owners = Buckets::new(Arc::clone(clock));
        let (of_holders, of_visitors) = (Buckets::new(Arc::clone(clock)), Buckets::new(Arc::clone(clock)));
        Self { settings, of_owners, of_holders, of_visitors, of_networks: Buckets::new(Arc::clone(clock)) }
    }

    /// Counts a request with a token, before the store says whether its grant is good. A grant that has ended takes nothing of
    /// what its owner and its client have.
    pub(super) fn take_presentation(&self, by: Holder) -> Result<(), TooMany> {
        self.of_holders.take(&[(by, self.settings.calls_per_minute.of_client())])
    }

    /// Counts a request of a client that shows a token of its grant.
    pub(super) fn take_call(&self, by: Holder) -> Result<(), TooMany> {
        self.of_owners.take(&self.settings.calls_per_minute.shares(by.owner, by.client))
    }

    /// Counts a request for the page of connections by an owner who is signed in there. What clients call takes nothing of this: the
    /// owner can always withdraw.
    pub(super) fn take_page(&self, owner: Id) -> Result<(), TooMany> {
        self.of_visitors.take(&[(owner, self.settings.owner_page_requests_per_minute)])
    }

    /// Counts all messages of a batch, or none of them but the first, which counted before the body was read.
    pub(super) fn take_batch(&self, by: Holder, body: &[u8]) -> Result<(), TooMany> {
        let messages = message_count(body);
        if messages == 1 {
            return Ok(());
        }
        let shares = self.settings.calls_per_minute.shares(by.owner, by.client);
        self.of_owners.give_back(&shares);
        self.of_owners.take_many(messages, &shares).or_else(|_| {
            self.of_owners.take(&shares)?;
            // The wait counts from here.
            self.of_owners.take_many(messages, &shares)
        })
    }

    /// Counts a request that needs no access token.
    pub(super) fn take(&self, limited: RateLimit, from: Network) -> Result<(), TooMany> {
        let per_minute = match limited {
            RateLimit::Register => self.settings.registrations_per_minute,
            RateLimit::Callback(_) => self.settings.callbacks_per_minute,
            RateLimit::Authorize => self.settings.authorizations_per_minute,
            RateLimit::Page => self.settings.page_requests_per_minute,
            RateLimit::Token => self.settings.token_requests_per_minute,
        };
        self.of_networks.take(&[match limited {
            RateLimit::Callback(CallbackCost::AnyRedemption) => {
                ((limited, None), per_minute.saturating_mul(REDEEMING_NETWORKS))
            }
            _ => ((limited, Some(from)), per_minute),
        }])
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering::Relaxed},
        time::Duration,
    };

    use authorization_server::ground::{Id, OwnerLimit};
    use time::OffsetDateTime;

    use super::*;

    /// While time stands still, exactly as many are taken at once as a minute allows.
    struct Manual(AtomicU64);

    impl Clock for Manual {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH + Duration::from_secs(self.0.load(Relaxed))
        }
    }

    fn clocked(settings: config::Limits) -> (Arc<Manual>, RateLimiter) {
        let clock = Arc::new(Manual(AtomicU64::new(0)));
        (Arc::clone(&clock), RateLimiter::new(settings, &(clock as _)))
    }

    fn limits() -> RateLimiter {
        clocked(config::Limits::default()).1
    }

    /// The seconds after which a batch of so many messages may come again; 0 if it is taken.
    fn wait(limits: &RateLimiter, messages: usize) -> u64 {
        let batch = format!("[{}]", vec!["{}"; messages].join(","));
        let taken = limits.take_call(holder(1, 1)).and_then(|()| limits.take_batch(holder(1, 1), batch.as_bytes()));
        taken.map_or_else(|TooMany { wait }| wait.as_secs() + u64::from(wait.subsec_nanos() > 0), |()| 0)
    }

    fn taken(mut take: impl FnMut() -> Result<(), TooMany>) -> usize {
        (0..10_000).take_while(|_| take().is_ok()).count()
    }

    fn holder(owner: u8, client: u8) -> Holder {
        let (owner, client) = (Id::from_bytes([owner; 16]), Id::from_bytes([client; 16]));
        Holder { owner, client, grant: Some(client) }
    }

    #[test]
    fn each_endpoint_has_a_limit_of_its_own() {
        let (limits, from) = (limits(), Network::of("20.1.2.3".parse().unwrap()));
        for (limited, at_once) in [
            (RateLimit::Register, 300),
            (RateLimit::Authorize, 600),
            (RateLimit::Callback(CallbackCost::ReadWithoutCookie), 300),
            (RateLimit::Callback(CallbackCost::Read), 300),
            (RateLimit::Callback(CallbackCost::Redemption), 300),
            (RateLimit::Callback(CallbackCost::AnyRedemption), 3000),
            (RateLimit::Page, 600),
            (RateLimit::Token, 3000),
        ] {
            assert_eq!(taken(|| limits.take(limited, from)), at_once, "{limited:?}");
        }
    }

    #[test]
    fn ten_addresses_together_make_this_process_ask_entra_and_any_number_is_read() {
        let limits = limits();
        let network = |last| Network::of([20, 1, 2, last].into());
        let any = RateLimit::Callback(CallbackCost::AnyRedemption);
        for last in 0..10 {
            assert_eq!((0..300).filter(|_| limits.take(any, network(last)).is_ok()).count(), 300);
        }
        assert_eq!(taken(|| limits.take(any, network(10))), 0);
        assert_eq!(taken(|| limits.take(RateLimit::Callback(CallbackCost::Read), network(10))), 300);
    }

    #[test]
    fn one_client_leaves_half_to_the_owners_others_and_one_owner_all_to_other_owners() {
        let limits = limits();
        assert_eq!(taken(|| limits.take_call(holder(1, 1))), 300);
        assert_eq!(taken(|| limits.take_call(holder(1, 2))), 300);
        assert_eq!(taken(|| limits.take_call(holder(1, 3))), 0);
        assert_eq!(taken(|| limits.take_call(holder(2, 1))), 300, "the client alone is not counted");
    }

    #[test]
    fn a_batch_passes_after_the_wait_and_takes_one_call_each_time_before() {
        let (clock, limits) = clocked(config::Limits::default());
        assert_eq!(taken(|| limits.take_call(holder(1, 1))), 300);
        assert_eq!(wait(&limits, 20), 1, "for the first message, before the others are known");
        clock.0.fetch_add(1, Relaxed);
        assert_eq!([wait(&limits, 20), wait(&limits, 20)], [4, 4]);
        clock.0.fetch_add(4, Relaxed);
        assert_eq!(wait(&limits, 20), 0);
        clock.0.fetch_add(1, Relaxed);
        assert!(wait(&limits, 20) > 0);
        assert_eq!(taken(|| limits.take_call(holder(1, 1))), 7, "a refused batch took one of eight");
    }

    #[test]
    fn a_batch_of_more_messages_than_a_minute_allows_takes_all_of_it() {
        let calls_per_minute = OwnerLimit::new(NonZeroU32::new(30).unwrap());
        let (clock, limits) = clocked(config::Limits { calls_per_minute, ..config::Limits::default() });
        assert_eq!([wait(&limits, 20), wait(&limits, 20)], [0, 4]);
        clock.0.fetch_add(4, Relaxed);
        assert_eq!(wait(&limits, 20), 60);
        clock.0.fetch_add(60, Relaxed);
        assert_eq!([wait(&limits, 20), wait(&limits, 1)], [0, 4]);
    }
}
