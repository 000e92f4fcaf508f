//! The https redirect hosts that a client's metadata document named before. A grant from that time may have gone to such a host,
//! and an operator who names the host means that grant, whatever the document names by now.

use std::collections::BTreeSet;

use oauth_protocol::redirect_uri::RedirectUri;
use time::{Duration, OffsetDateTime};

use crate::ground::lifetimes::{AUTHORIZATION_LIFETIME, CONSENT_LIFETIME};

/// The most that are kept of a client.
const MAX_FORMER_HOSTS: usize = 64;
/// From the consent page to the redemption of the code. The confirmation of another owner extends an authorization once.
const LONGEST_SIGN_IN: Duration =
    CONSENT_LIFETIME.saturating_add(AUTHORIZATION_LIFETIME).saturating_add(AUTHORIZATION_LIFETIME);

/// A host that the document has ceased to name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerHost {
    /// Without a final full stop. `None` is any host: there were too many to keep.
    pub host: Option<String>,
    /// Every sign-in that began before the document changed has ended by then.
    pub until: OffsetDateTime,
}

impl FormerHost {
    /// Whether a grant that was made at this time may have gone to this host.
    pub(super) fn may_have_got(&self, host: &str, made_at: OffsetDateTime) -> bool {
        made_at < self.until && self.host.as_deref().is_none_or(|former| former == host)
    }
}

/// The hosts of the https URIs among these.
pub(super) fn https_hosts(redirect_uris: &[RedirectUri]) -> impl Iterator<Item = &str> {
    redirect_uris.iter().filter(|uri| uri.as_str().starts_with("https://")).map(|uri| without_root(uri.host()))
}

/// A name with a final full stop is the same name (RFC 1034 §3.1).
pub(super) fn without_root(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// The hosts to keep when a document names other redirect URIs than before. A grant lives as long as it is refreshed, so time
/// alone ends no entry.
pub(super) fn hosts_left_behind(
    known: &[FormerHost],
    before: &[RedirectUri],
    after: &[RedirectUri],
    now: OffsetDateTime,
) -> Vec<FormerHost> {
    let names = |uris: &[RedirectUri]| https_hosts(uris).map(str::to_owned).collect::<BTreeSet<_>>();
    let gone = &names(before) - &names(after);
    let is_gone_again = |former: &FormerHost| former.host.as_ref().is_some_and(|host| gone.contains(host));
    let mut kept: Vec<FormerHost> = known.iter().filter(|former| !is_gone_again(former)).cloned().collect();
    kept.extend(gone.into_iter().map(|host| FormerHost { host: Some(host), until: now + LONGEST_SIGN_IN }));
    limited(kept)
}

/// At most [`MAX_FORMER_HOSTS`]. If there are more, one entry for any host replaces the oldest, so every old host still counts.
fn limited(mut kept: Vec<FormerHost>) -> Vec<FormerHost> {
    if kept.len() <= MAX_FORMER_HOSTS {
        return kept;
    }
    let recent = kept.split_off(kept.len() - MAX_FORMER_HOSTS + 1);
    let until = kept.iter().map(|former| former.until).max();
    until.map(|until| FormerHost { host: None, until }).into_iter().chain(recent).collect()
}

#[cfg(test)]
mod tests {
    use oauth_protocol::{issuer::BaseUrl, redirect_uri::PrivateUseSchemes};

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn uri(text: &str) -> RedirectUri {
        let base = BaseUrl::parse("https://mcp.example.com").unwrap();
        RedirectUri::parse(text, &PrivateUseSchemes::default(), &base).unwrap()
    }

    fn uris(hosts: &[&str]) -> Vec<RedirectUri> {
        hosts.iter().map(|host| uri(&format!("https://{host}/cb"))).collect()
    }

    fn left(known: &[FormerHost], before: &[&str], after: &[&str], now: OffsetDateTime) -> Vec<FormerHost> {
        hosts_left_behind(known, &uris(before), &uris(after), now)
    }

    fn may_have_got(former: &[FormerHost], host: &str, made_at: OffsetDateTime) -> bool {
        former.iter().any(|former| former.may_have_got(host, made_at))
    }

    #[test]
    fn a_host_that_is_not_named_any_more_is_kept_because_a_grant_is_refreshed_for_years() {
        let former = left(&[], &["a.example.", "c.example"], &["b.example", "c.example"], NOW);
        assert!(may_have_got(&former, "a.example", NOW + LONGEST_SIGN_IN - Duration::SECOND));
        assert!(!may_have_got(&former, "a.example", NOW + LONGEST_SIGN_IN));
        assert!(!may_have_got(&former, "b.example", NOW) && !may_have_got(&former, "c.example", NOW), "named now");
        let years_later = left(&former, &["b.example"], &["b.example"], NOW + Duration::days(1_000));
        assert_eq!(years_later, former);
    }

    #[test]
    fn a_host_that_leaves_again_is_kept_once_with_its_last_time() {
        let (a, b) = (["a.example"], ["b.example"]);
        let back = left(&left(&[], &a, &b, NOW), &b, &a, NOW + Duration::DAY);
        let again = left(&back, &a, &b, NOW + Duration::days(2));
        let kept = |host: &str, days| FormerHost {
            host: Some(host.to_owned()),
            until: NOW + Duration::days(days) + LONGEST_SIGN_IN,
        };
        assert_eq!(again, [kept("b.example", 1), kept("a.example", 2)]);
    }

    #[test]
    fn hosts_on_this_computer_are_nobodys() {
        let local = [uri("http://127.0.0.1/cb")];
        assert_eq!(hosts_left_behind(&[], &local, &uris(&["a.example"]), NOW), []);
    }

    #[test]
    fn of_too_many_hosts_none_is_forgotten() {
        let hosts: Vec<String> = (0..MAX_FORMER_HOSTS).map(|number| format!("h{number}.example")).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let full = left(&[], &hosts, &["a.example"], NOW);
        assert!(may_have_got(&full, "h0.example", NOW) && !may_have_got(&full, "never.example", NOW));
        let later = NOW + Duration::DAY;
        let over = left(&full, &["a.example"], &["b.example"], later);
        assert_eq!(over.len(), MAX_FORMER_HOSTS);
        assert!(may_have_got(&over, "h0.example", NOW) && may_have_got(&over, "never.example", NOW));
        assert!(may_have_got(&over, "a.example", later) && !may_have_got(&over, "never.example", later));
        let many = left(&full, &["a.example", "c.example", "d.example"], &["b.example"], later);
        assert_eq!(many.len(), MAX_FORMER_HOSTS);
        assert!(["h0.example", "h1.example", "h2.example"].iter().all(|host| may_have_got(&many, host, NOW)));
    }
}
