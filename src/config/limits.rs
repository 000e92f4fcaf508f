//! `MCP_LIMITS`: how much a caller may take. docs/operations/limits.md says what each limit protects.

use std::num::NonZeroU32;

use authorization_server::ground::OwnerLimit;

/// The largest value of a limit. More is no limit.
pub const LARGEST_LIMIT: u32 = 1_000_000;

/// The limits that can be set. Rates and open counts are those of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tool calls of an owner that run at the same time.
    pub tool_calls_at_once: OwnerLimit,
    /// Requests of an owner to the MCP endpoints a minute.
    pub calls_per_minute: OwnerLimit,
    /// Open HTTP+SSE streams of an owner.
    pub streams: OwnerLimit,
    /// Open HTTP+SSE streams of all owners.
    pub process_streams: NonZeroU32,
    /// Connections; more wait until one is closed.
    pub connections: NonZeroU32,
    /// Grants of an owner.
    pub grants: OwnerLimit,
    /// Registrations of all callers that wait for their first use.
    pub waiting_registrations: NonZeroU32,
    /// Registrations of an address a minute.
    pub registrations_per_minute: NonZeroU32,
    /// Callbacks of an address a minute.
    pub callbacks_per_minute: NonZeroU32,
    /// Authorization requests of an address a minute.
    pub authorizations_per_minute: NonZeroU32,
    /// Requests of an address for the pages of consent and connections a minute.
    pub page_requests_per_minute: NonZeroU32,
    /// Requests of an owner for the page of connections a minute.
    pub owner_page_requests_per_minute: NonZeroU32,
    /// Requests of an address to the token and revocation endpoints a minute.
    pub token_requests_per_minute: NonZeroU32,
}

/// A limit as an operator sees it.
#[derive(Debug)]
pub struct NamedLimit {
    /// Its name in `MCP_LIMITS`.
    pub name: &'static str,
    /// Its value, unless `MCP_LIMITS` says otherwise.
    pub default: NonZeroU32,
    set: fn(&mut Limits, NonZeroU32),
}

const fn limit(name: &'static str, default: NonZeroU32, set: fn(&mut Limits, NonZeroU32)) -> NamedLimit {
    NamedLimit { name, default, set }
}

/// All limits that can be set.
pub static LIMITS: [NamedLimit; 13] = [
    limit("tool-calls-at-once", const { NonZeroU32::new(24).unwrap() }, |limits, most| {
        limits.tool_calls_at_once = OwnerLimit::new(most);
    }),
    limit("calls-per-minute", const { NonZeroU32::new(600).unwrap() }, |limits, most| {
        limits.calls_per_minute = OwnerLimit::new(most);
    }),
    limit("streams", const { NonZeroU32::new(32).unwrap() }, |limits, most| limits.streams = OwnerLimit::new(most)),
    limit("process-streams", const { NonZeroU32::new(2_000).unwrap() }, |limits, most| limits.process_streams = most),
    limit("connections", const { NonZeroU32::new(4_000).unwrap() }, |limits, most| limits.connections = most),
    limit("grants", const { NonZeroU32::new(100).unwrap() }, |limits, most| limits.grants = OwnerLimit::new(most)),
    limit("waiting-registrations", const { NonZeroU32::new(10_000).unwrap() }, |limits, most| {
        limits.waiting_registrations = most;
    }),
    limit("registrations-per-minute", const { NonZeroU32::new(300).unwrap() }, |limits, most| {
        limits.registrations_per_minute = most;
    }),
    limit("authorizations-per-minute", const { NonZeroU32::new(600).unwrap() }, |limits, most| {
        limits.authorizations_per_minute = most;
    }),
    limit("callbacks-per-minute", const { NonZeroU32::new(300).unwrap() }, |limits, most| {
        limits.callbacks_per_minute = most;
    }),
    limit("page-requests-per-minute", const { NonZeroU32::new(600).unwrap() }, |limits, most| {
        limits.page_requests_per_minute = most;
    }),
    limit("owner-page-requests-per-minute", const { NonZeroU32::new(120).unwrap() }, |limits, most| {
        limits.owner_page_requests_per_minute = most;
    }),
    limit("token-requests-per-minute", const { NonZeroU32::new(3000).unwrap() }, |limits, most| {
        limits.token_requests_per_minute = most;
    }),
];

impl Default for Limits {
    fn default() -> Self {
        let of_owner = OwnerLimit::new(NonZeroU32::MIN);
        let mut limits = Self {
            tool_calls_at_once: of_owner,
            calls_per_minute: of_owner,
            streams: of_owner,
            process_streams: NonZeroU32::MIN,
            connections: NonZeroU32::MIN,
            grants: of_owner,
            waiting_registrations: NonZeroU32::MIN,
            registrations_per_minute: NonZeroU32::MIN,
            callbacks_per_minute: NonZeroU32::MIN,
            authorizations_per_minute: NonZeroU32::MIN,
            page_requests_per_minute: NonZeroU32::MIN,
            owner_page_requests_per_minute: NonZeroU32::MIN,
            token_requests_per_minute: NonZeroU32::MIN,
        };
        for limit in &LIMITS {
            (limit.set)(&mut limits, limit.default);
        }
        limits
    }
}

impl Limits {
    /// The defaults, changed by a list such as `streams=64, calls-per-minute=1200`.
    pub(super) fn parse(list: &str) -> Result<Self, String> {
        let mut limits = Self::default();
        for member in list.split([',', ' ']).filter(|member| !member.is_empty()) {
            let (name, value) = member.split_once('=').unwrap_or((member, ""));
            let limit = LIMITS.iter().find(|limit| limit.name == name).ok_or_else(|| unknown(name))?;
            (limit.set)(&mut limits, number(name, value)?);
        }
        Ok(limits)
    }
}

fn number(name: &str, value: &str) -> Result<NonZeroU32, String> {
    let number = value.parse().ok().filter(|number: &NonZeroU32| number.get() <= LARGEST_LIMIT);
    number.ok_or_else(|| format!("has the member {name}, whose value must be a number from 1 to {LARGEST_LIMIT}"))
}

fn unknown(name: &str) -> String {
    let names: Vec<_> = LIMITS.iter().map(|limit| limit.name).collect();
    format!("has the member {name}, which is none of {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_sets_a_limit_of_its_own_and_the_others_stay() {
        for limit in &LIMITS {
            let changed = Limits::parse(&format!("{}=7", limit.name)).unwrap();
            let mut expected = Limits::default();
            assert_ne!(changed, expected, "{}", limit.name);
            (limit.set)(&mut expected, NonZeroU32::new(7).unwrap());
            assert_eq!(changed, expected, "{}", limit.name);
        }
        assert_eq!(
            LIMITS.iter().map(|limit| limit.name).collect::<std::collections::BTreeSet<_>>().len(),
            LIMITS.len()
        );
    }

    #[test]
    fn members_are_separated_by_commas_or_spaces() {
        let limits = Limits::parse(" streams=3,tool-calls-at-once=4  calls-per-minute=1000000,").unwrap();
        assert_eq!(limits.streams.of_owner().get(), 3);
        assert_eq!(limits.tool_calls_at_once.of_owner().get(), 4);
        assert_eq!(limits.calls_per_minute.of_owner().get(), 1_000_000);
    }

    #[test]
    fn a_member_that_is_no_limit_or_no_number_is_refused_by_name() {
        for (list, named) in [
            ("stream=3", "stream,"),
            ("streams", "streams,"),
            ("streams=0", "streams,"),
            ("streams=1000001", "streams,"),
            ("streams=-1", "streams,"),
        ] {
            let refused = Limits::parse(list).unwrap_err();
            assert!(refused.starts_with(&format!("has the member {named}")), "{list}: {refused}");
        }
    }
}
