//! The initiator of a request that a browser sends (W3C Fetch Metadata Request Headers §2.3; Fetch Standard, `Origin` header).

use crate::issuer::BaseUrl;

/// The initiator of a request, as far as the browser proves it. Scripts cannot set either header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    /// `Sec-Fetch-Site: none`: the person, by the address bar, a bookmark or another program.
    Person,
    /// `Sec-Fetch-Site: same-origin` without `Origin`: a link of our own page.
    OwnLink,
    /// `Origin` is ours, and `Sec-Fetch-Site`, which older browsers do not send, is `same-origin` or absent: a form of
    /// our own page.
    OwnForm,
    /// Another site, or a browser or program that does not say; also when the two headers contradict each other.
    Unproven,
}

impl Initiator {
    /// Reads the values of `Origin` and `Sec-Fetch-Site`. A header that is there twice proves nothing.
    pub fn parse<'a>(
        base: &BaseUrl,
        origin: impl IntoIterator<Item = &'a [u8]>,
        sec_fetch_site: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        match (SingleHeader::of(origin), SingleHeader::of(sec_fetch_site)) {
            (SingleHeader::Once(origin), SingleHeader::Absent | SingleHeader::Once(b"same-origin"))
                if origin == base.issuer().as_bytes() =>
            {
                Self::OwnForm
            }
            (SingleHeader::Absent, SingleHeader::Once(b"same-origin")) => Self::OwnLink,
            (SingleHeader::Absent, SingleHeader::Once(b"none")) => Self::Person,
            _ => Self::Unproven,
        }
    }

    /// Whether a form of our own page was sent. Our pages set `Referrer-Policy: same-origin`, so their forms always
    /// name their origin.
    #[must_use]
    pub fn is_own_form(self) -> bool {
        self == Self::OwnForm
    }

    /// Whether no other site led the person here. A remembered approval may then be used without a question.
    #[must_use]
    pub fn is_direct(self) -> bool {
        match self {
            Self::Person | Self::OwnLink | Self::OwnForm => true,
            Self::Unproven => false,
        }
    }
}

/// The values of one header.
enum SingleHeader<'a> {
    Absent,
    Once(&'a [u8]),
    Repeated,
}

impl<'a> SingleHeader<'a> {
    fn of(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::Once(value),
            (Some(_), Some(_)) => Self::Repeated,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE_URL: &str = "https://mcp.example.com";

    fn parse(origin: &[&str], site: &[&str]) -> Initiator {
        let bytes = |values: &[&str]| values.iter().map(|value| value.as_bytes().to_vec()).collect::<Vec<_>>();
        let (origin, site) = (bytes(origin), bytes(site));
        let base = BaseUrl::parse(BASE_URL).unwrap();
        Initiator::parse(&base, origin.iter().map(Vec::as_slice), site.iter().map(Vec::as_slice))
    }

    #[test]
    fn the_two_headers_together_tell_the_initiator() {
        let rows: [(&[&str], &[&str], Initiator); 14] = [
            (&[], &["none"], Initiator::Person),
            (&[], &["same-origin"], Initiator::OwnLink),
            (&[BASE_URL], &["same-origin"], Initiator::OwnForm),
            (&[BASE_URL], &[], Initiator::OwnForm),
            (&[], &[], Initiator::Unproven),
            (&[], &["same-site"], Initiator::Unproven),
            (&[], &["cross-site"], Initiator::Unproven),
            (&[], &[""], Initiator::Unproven),
            (&[], &["NONE"], Initiator::Unproven),
            (&[], &["same-origin "], Initiator::Unproven),
            (&[BASE_URL], &["none"], Initiator::Unproven),
            (&[BASE_URL], &["same-site"], Initiator::Unproven),
            (&[BASE_URL], &["cross-site"], Initiator::Unproven),
            (&[""], &["same-origin"], Initiator::Unproven),
        ];
        for (origin, site, expected) in rows {
            assert_eq!(parse(origin, site), expected, "{origin:?} {site:?}");
        }
    }

    #[test]
    fn an_origin_that_is_not_ours_byte_for_byte_is_foreign() {
        for origin in [
            "null",
            "https://evil.example",
            "https://mcp.example.com.evil.example",
            "http://mcp.example.com",
            "https://mcp.example.com:443",
            "https://mcp.example.com/",
            "https://MCP.example.com",
        ] {
            for site in [&[][..], &["none"], &["same-origin"]] {
                assert_eq!(parse(&[origin], site), Initiator::Unproven, "{origin} {site:?}");
            }
        }
    }

    #[test]
    fn a_header_that_is_there_twice_proves_nothing() {
        for (origin, site) in [
            (&[BASE_URL, BASE_URL][..], &["same-origin"][..]),
            (&[BASE_URL], &["same-origin", "same-origin"]),
            (&[], &["none", "none"]),
            (&[], &["none", "cross-site"]),
        ] {
            assert_eq!(parse(origin, site), Initiator::Unproven, "{origin:?} {site:?}");
        }
    }

    #[test]
    fn only_an_own_form_counts_as_one_and_only_the_unproven_is_not_direct() {
        use Initiator::{OwnForm, OwnLink, Person, Unproven};
        let all = [Person, OwnLink, OwnForm, Unproven];
        assert_eq!(all.map(Initiator::is_own_form), [false, false, true, false]);
        assert_eq!(all.map(Initiator::is_direct), [true, true, true, false]);
    }

    proptest! {
        #[test]
        fn any_other_values_prove_nothing(origin in "[ -~]{0,30}", site in "[ -~]{0,12}") {
            prop_assume!(origin != BASE_URL && site != "none" && site != "same-origin");
            for (origin, site) in [(&[&*origin][..], &[&*site][..]), (&[], &[&*site]), (&[&*origin], &[])] {
                prop_assert_eq!(parse(origin, site), Initiator::Unproven);
            }
        }
    }
}
