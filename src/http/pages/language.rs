//! The language of a page: the one that the reader prefers (RFC 9110 §12.5.4), found by the primary subtag (RFC 4647 §3.4),
//! because no language has two variants here.

use http::{HeaderMap, header};

/// The languages that the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Language {
    English,
    German,
    French,
    Spanish,
    Japanese,
    Arabic,
}

impl Language {
    pub(super) const ALL: [Self; 6] =
        [Self::English, Self::German, Self::French, Self::Spanish, Self::Japanese, Self::Arabic];

    /// Its tag in HTML and HTTP (RFC 5646).
    pub(in crate::http) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Japanese => "ja",
            Self::Arabic => "ar",
        }
    }

    /// Its direction, for the `dir` of HTML.
    pub(super) const fn direction(self) -> &'static str {
        match self {
            Self::Arabic => "rtl",
            Self::English | Self::German | Self::French | Self::Spanish | Self::Japanese => "ltr",
        }
    }

    /// The first of the languages with the greatest weight; English if the reader names none of them, or every one by `*`. A
    /// member that is not well formed counts as absent.
    pub(super) fn preferred(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
        let wanted = values.flat_map(|value| value.split(',')).filter_map(wanted);
        let best = wanted.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(Self::English, |(language, _)| language)
    }
}

/// A language range and its weight, unless nobody wants it or these pages do not speak it.
fn wanted(member: &str) -> Option<(Language, u16)> {
    let (range, weight) = match member.split_once(';') {
        None => (member, 1000),
        Some((range, parameter)) => (range, thousandths(parameter.trim())?),
    };
    (weight > 0).then_some((spoken(range.trim())?, weight))
}

fn spoken(range: &str) -> Option<Language> {
    if range == "*" {
        return Some(Language::English);
    }
    let primary = range.split('-').next().unwrap_or_default();
    Language::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
}

/// A `weight` (RFC 9110 §12.4.2) in thousandths.
fn thousandths(parameter: &str) -> Option<u16> {
    let value = parameter.strip_prefix(['q', 'Q'])?.strip_prefix('=')?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let is_fraction = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: u16 = is_fraction.then(|| format!("{fraction:0<3}")).and_then(|digits| digits.parse().ok())?;
    match (whole, fraction) {
        ("0", fraction) => Some(fraction),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::{prelude::any, proptest};

    use super::{Language::*, *};

    fn preferred(values: &[&str]) -> Language {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::ACCEPT_LANGUAGE, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Language::preferred(&headers)
    }

    #[test]
    fn the_language_with_the_greatest_weight_is_preferred_and_of_equals_the_first() {
        for (value, language) in [
            ("de", German),
            ("DE-at", German),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", French),
            ("en;q=0.5, es;q=0.51", Spanish),
            ("ja;q=0.9,ar;q=0.9", Japanese),
            ("pt-BR,ar-EG ; Q=0.001", Arabic),
            ("de;q=1.000, en;q=0.999", German),
            ("de;q=0, en;q=0.1", English),
        ] {
            assert_eq!(preferred(&[value]), language, "{value}");
        }
        assert_eq!(preferred(&["en;q=0.5", "ja"]), Japanese, "two fields are one list (RFC 9110 §5.3)");
    }

    #[test]
    fn a_reader_who_names_no_language_of_these_pages_reads_english() {
        for value in ["", "*", "de;q=0", "pt, zh-Hant", "*;q=0.8, de;q=0.1", "-", ",,;"] {
            assert_eq!(preferred(&[value]), English, "{value:?}");
        }
        assert_eq!(preferred(&[]), English);
    }

    #[test]
    fn a_member_that_is_not_well_formed_counts_as_absent() {
        for member in
            ["de;q=2", "de;q=1.001", "de;q=0.1234", "de;q=", "de;q=.5", "de;q=-1", "de;q=0.5;x", "de;level=1", "d e"]
        {
            assert_eq!(preferred(&[member]), English, "{member}");
            assert_eq!(preferred(&[&format!("{member}, fr;q=0.1")]), French, "{member}");
        }
        assert_eq!(preferred(&["\u{e9}, de"]), English, "a field that is not ASCII");
    }

    proptest! {
        #[test]
        fn every_field_has_a_language(value in any::<String>()) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                Language::preferred(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, value)]));
            }
        }
    }
}
