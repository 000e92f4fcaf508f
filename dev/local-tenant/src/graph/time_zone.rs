//! Time zones of Outlook: Windows' names and IANA's. Of the many this tenant knows a few.
//! <https://learn.microsoft.com/graph/api/resources/datetimetimezone>

use time::{Date, Duration, Month, OffsetDateTime, Time, Weekday, macros::format_description};

/// When clocks are an hour ahead.
#[derive(Clone, Copy)]
enum Summer {
    Never,
    /// From the last Sunday of March to the last Sunday of October, 01:00 UTC.
    Europe,
    /// From the second Sunday of March to the first Sunday of November, 02:00 local time.
    America,
}

/// Names, and minutes ahead of UTC in winter.
pub(super) struct TimeZone {
    names: [&'static str; 2],
    minutes: i64,
    summer: Summer,
}

static KNOWN: [TimeZone; 7] = [
    zone(["UTC", "Etc/UTC"], 0, Summer::Never),
    zone(["GMT Standard Time", "Europe/London"], 0, Summer::Europe),
    zone(["W. Europe Standard Time", "Europe/Berlin"], 60, Summer::Europe),
    zone(["India Standard Time", "Asia/Kolkata"], 330, Summer::Never),
    zone(["Tokyo Standard Time", "Asia/Tokyo"], 540, Summer::Never),
    zone(["Eastern Standard Time", "America/New_York"], -300, Summer::America),
    zone(["Pacific Standard Time", "America/Los_Angeles"], -480, Summer::America),
];

const fn zone(names: [&'static str; 2], minutes: i64, summer: Summer) -> TimeZone {
    TimeZone { names, minutes, summer }
}

impl TimeZone {
    /// The zone of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|zone| zone.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }

    /// The local time, as `dateTime` of a `dateTimeTimeZone` writes it.
    pub(super) fn local(&self, at: OffsetDateTime) -> String {
        let ahead = Duration::minutes(self.minutes) + if self.is_summer(at) { Duration::HOUR } else { Duration::ZERO };
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].0000000");
        (at + ahead).format(format).unwrap_or_default()
    }

    fn is_summer(&self, at: OffsetDateTime) -> bool {
        let year = at.year();
        let utc = |date: Date, hour: i64| date.with_time(Time::MIDNIGHT).assume_utc() + Duration::hours(hour);
        let (begin, end) = match self.summer {
            Summer::Never => return false,
            Summer::Europe => (utc(last_sunday(year, Month::March), 1), utc(last_sunday(year, Month::October), 1)),
            Summer::America => {
                let winter = self.minutes / 60;
                (utc(sunday(year, Month::March, 2), 2 - winter), utc(sunday(year, Month::November, 1), 1 - winter))
            }
        };
        (begin..end).contains(&at)
    }
}

/// The n-th Sunday of a month.
fn sunday(year: i32, month: Month, number: u8) -> Date {
    let days = (1..=31).filter_map(|day| Date::from_calendar_date(year, month, day).ok());
    let mut sundays = days.filter(|date| date.weekday() == Weekday::Sunday);
    sundays.nth(usize::from(number) - 1).unwrap_or(Date::MIN)
}

fn last_sunday(year: i32, month: Month) -> Date {
    let days = (1..=31).rev().filter_map(|day| Date::from_calendar_date(year, month, day).ok());
    days.into_iter().find(|date| date.weekday() == Weekday::Sunday).unwrap_or(Date::MIN)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn local_times_are_those_of_summer_and_winter() {
        for (name, at, local) in [
            ("utc", datetime!(2026-07-01 12:00 UTC), "2026-07-01T12:00:00.0000000"),
            ("Europe/Berlin", datetime!(2026-03-29 00:59:59 UTC), "2026-03-29T01:59:59.0000000"),
            ("W. Europe Standard Time", datetime!(2026-03-29 01:00 UTC), "2026-03-29T03:00:00.0000000"),
            ("Europe/London", datetime!(2026-10-25 01:00 UTC), "2026-10-25T01:00:00.0000000"),
            ("Asia/Kolkata", datetime!(2026-07-01 20:00 UTC), "2026-07-02T01:30:00.0000000"),
            ("America/New_York", datetime!(2026-03-08 06:59:59 UTC), "2026-03-08T01:59:59.0000000"),
            ("Eastern Standard Time", datetime!(2026-03-08 07:00 UTC), "2026-03-08T03:00:00.0000000"),
            ("America/Los_Angeles", datetime!(2026-11-01 09:00 UTC), "2026-11-01T01:00:00.0000000"),
        ] {
            assert_eq!(TimeZone::named(name).unwrap().local(at), local, "{name}");
        }
        assert!(TimeZone::named("Mars/Olympus").is_none());
    }
}
