//! A time on a page.

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

/// A page has no script, so it cannot know the reader's time zone.
const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");

pub(super) fn time_of_day(at: OffsetDateTime) -> String {
    at.format(TIME).unwrap_or_default()
}
