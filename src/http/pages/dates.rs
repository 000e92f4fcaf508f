//! Days and times on a page, which has no script and so cannot know the reader's time zone.

use time::OffsetDateTime;

use super::texts::Texts;

impl Texts {
    pub(super) fn day_of(&self, at: OffsetDateTime) -> String {
        self.day(at.month().into(), at.day(), at.year()).plain()
    }

    pub(super) fn moment_of(&self, at: OffsetDateTime) -> String {
        let time = format!("{:02}:{:02}", at.hour(), at.minute());
        self.moment(&self.day_of(at), &time).plain()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::{super::language::Language, *};

    #[test]
    fn a_day_and_a_time_are_written_as_the_language_writes_them() {
        let at = datetime!(2026-03-01 04:05 UTC);
        for (language, expected) in [
            (Language::English, "1 March 2026, 04:05 UTC"),
            (Language::German, "1. März 2026, 04:05 Uhr UTC"),
            (Language::French, "1er mars 2026 à 04:05 UTC"),
            (Language::Spanish, "1 de marzo de 2026, 04:05 UTC"),
            (Language::Japanese, "2026年3月1日 04:05 UTC"),
            (Language::Arabic, "1 مارس 2026، 04:05 UTC"),
        ] {
            assert_eq!(Texts::of(language).moment_of(at), expected);
        }
    }

    #[test]
    fn every_month_has_a_name_of_its_own() {
        for language in Language::ALL {
            let days = (1..=12).map(|month| Texts::of(language).day(month, 15, 2026).plain());
            let days: std::collections::HashSet<_> = days.collect();
            assert_eq!(days.len(), 12, "{language:?}");
            assert!(days.iter().all(|day| day.contains("15") && day.contains("2026")), "{days:?}");
        }
    }
}
