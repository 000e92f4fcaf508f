//! The length of a host name.

/// The longest name in text form, without the root's dot.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Whether a name in the DNS can be so long (RFC 1035 §2.3.4). The URL Standard allows hosts of any length.
#[must_use]
pub fn has_dns_length(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    name.len() <= LONGEST_NAME && name.split('.').all(|label| label.len() <= LONGEST_LABEL)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name of so many characters, with labels of 63.
    fn name(length: usize) -> String {
        let mut name = format!("{}.", "x".repeat(LONGEST_LABEL)).repeat(5);
        name.truncate(length);
        name
    }

    #[test]
    fn a_name_has_253_characters_and_a_label_63() {
        for (host, fits) in [
            (name(253), true),
            (name(253) + ".", true),
            (name(254), false),
            ("x".repeat(63) + ".example", true),
            ("x".repeat(64) + ".example", false),
            ("[2001:db8:1111:2222:3333:4444:5555:6666]".to_owned(), true),
        ] {
            assert_eq!(has_dns_length(&host), fits, "{host}");
        }
    }
}
