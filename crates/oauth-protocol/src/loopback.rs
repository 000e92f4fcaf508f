//! Whether a host is this machine.
//!
//! [`is_loopback`] grants privileges (plain http, any port: RFC 8252 §7.3 and §8.3), so it accepts three hosts only.
//! [`is_this_machine`] withholds trust, so it knows every name. Both read a host as browsers do (URL Standard §3.5):
//! `127.1` is `127.0.0.1`, `LOCALHOST` is `localhost`.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Whether the host is `127.0.0.1`, `[::1]` or `localhost`, the ones that RFC 8252 speaks of.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Ok(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        Err(_) => false,
    }
}

/// Whether the host of a URL is one of these.
#[must_use]
pub fn has_loopback_host(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback)
}

/// Whether the host leads back to the machine that opens it: the loopback hosts, `127.0.0.0/8`, names below `localhost`
/// (RFC 6761 §6.3), the unspecified addresses, and IPv4 addresses of these kinds mapped to IPv6.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Ok(Host::Ipv4(address)) => is_own_v4(address),
        Ok(Host::Ipv6(address)) => {
            address.is_loopback() || address.is_unspecified() || address.to_ipv4_mapped().is_some_and(is_own_v4)
        }
        Err(_) => false,
    }
}

fn is_own_v4(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOOPBACK: [&str; 9] = [
        "127.0.0.1",
        "[::1]",
        "localhost",
        "LOCALHOST",
        "LocalHost",
        "127.1",
        "0x7f000001",
        "2130706433",
        "[0:0:0:0:0:0:0:1]",
    ];
    /// This machine, too, but with none of the privileges.
    const OTHER_NAMES: [&str; 12] = [
        "127.0.0.2",
        "127.255.255.255",
        "localhost.",
        "localhost..",
        "a.localhost",
        "a.b.LOCALHOST.",
        "0.0.0.0",
        "0",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:2]",
        "[::ffff:0.0.0.0]",
    ];
    const ELSEWHERE: [&str; 16] = [
        "localhost.evil.com",
        "127.0.0.1.evil.com",
        "notlocalhost",
        "localhost-",
        "evil.com",
        "128.0.0.1",
        "126.255.255.255",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "[2001:db8::1]",
        "[fe80::1]",
        "[::2]",
        "[::ffff:10.0.0.1]",
        "mcp.example.com",
        "l\u{43e}calhost",
    ];

    #[test]
    fn the_hosts_of_rfc_8252_are_loopback() {
        for host in LOOPBACK {
            assert!(is_loopback(host) && is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn other_names_of_this_machine_have_no_privileges() {
        for host in OTHER_NAMES {
            assert!(!is_loopback(host) && is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn every_other_host_is_elsewhere() {
        for host in ELSEWHERE {
            assert!(!is_loopback(host) && !is_this_machine(host), "{host}");
        }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn of_a_url_only_the_host_counts() {
        for host in LOOPBACK {
            for text in [format!("http://{host}/"), format!("https://{host}:8443/a?b"), format!("http://u@{host}")] {
                assert!(has_loopback_host(&url(&text)), "{text}");
            }
        }
        for host in OTHER_NAMES.iter().chain(&ELSEWHERE) {
            let Ok(parsed) = Url::parse(&format!("http://{host}/localhost?127.0.0.1#[::1]")) else { continue };
            assert!(!has_loopback_host(&parsed), "{host}");
        }
        for text in [
            "http://localhost@example.com/",
            "http://localhost.example.com/",
            "file:///localhost",
            "mailto:a@localhost",
        ] {
            assert!(!has_loopback_host(&url(text)), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_host_is_elsewhere() {
        for host in
            ["", "[::1", "::1", "[::1]x", "localhost:80", "local host", "127.0.0.1/", "a@localhost", "1.2.3.4.5"]
        {
            assert!(!is_loopback(host) && !is_this_machine(host), "{host}");
        }
    }

    proptest! {
        #[test]
        fn a_loopback_host_is_this_machine(host in "(localhost|127|0|1|\\.|::|\\[|\\]|[a-f]){0,7}|.*") {
            prop_assert!(!is_loopback(&host) || is_this_machine(&host));
        }

        #[test]
        fn only_the_first_of_127_8_is_loopback(address in 0x7f00_0000_u32..=0x7fff_ffff) {
            let host = Ipv4Addr::from(address).to_string();
            prop_assert!(is_this_machine(&host));
            prop_assert_eq!(is_loopback(&host), address == 0x7f00_0001);
        }
    }
}
