//! `list_upcoming_events`: Graph's `GET /v1.0/me/calendarView`.
//! <https://learn.microsoft.com/graph/api/user-list-calendarview>

use authorization_server::state::scopes::{CALENDARS_READ, Permission};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime, macros::format_description};

use super::{
    arguments::{TimeZone, Whole},
    outcome::ToolError,
    text,
    tool::{Caller, Tool},
};
use crate::graph::{ApiError, Collection, Request};

/// Events of a result, at most. Graph is asked for no more.
const LONGEST_LIST: usize = 20;

pub(super) struct ListUpcomingEvents;

impl Tool for ListUpcomingEvents {
    const NAME: &'static str = "list_upcoming_events";
    const TITLE: &'static str = "Upcoming events";
    const DESCRIPTION: &'static str =
        "List the next events of the user's Outlook calendar, from now on, in order of their start.";
    const PERMISSIONS: &'static [&'static Permission] = &[&CALENDARS_READ];
    type Arguments = Arguments;
    type Output = Upcoming;

    async fn call(caller: Caller<'_>, arguments: Arguments) -> Result<Upcoming, ToolError> {
        let zone = arguments.time_zone.as_str();
        match caller.get_as(&request(&arguments, caller.now())).await {
            Ok(answer) => Ok(upcoming(answer, zone)),
            Err(ToolError::Api(_, ApiError::Refused(code))) if code == "TimeZoneNotSupportedException" => {
                Err(ToolError::Arguments(format!("Outlook does not know the time zone {zone}")))
            }
            Err(error) => Err(error),
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Arguments {
    /// How many days to look ahead.
    #[serde(default)]
    days: Whole<1, 31, 7>,
    /// The most events to return.
    #[serde(default)]
    count: Whole<1, 20, 10>,
    /// The time zone of the times in the result: an IANA name such as Europe/Berlin, or a Windows name such as W. Europe
    /// Standard Time. Only UTC tells apart the two hours of the same name when clocks go back.
    #[serde(default)]
    time_zone: TimeZone,
}

fn request(arguments: &Arguments, now: OffsetDateTime) -> Request {
    let utc = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let text = |time: OffsetDateTime| time.format(utc).unwrap_or_default();
    let until = now + Duration::days(arguments.days.get().into());
    Request::of("/v1.0/me/calendarView")
        .with("startDateTime", &text(now))
        .with("endDateTime", &text(until))
        .with("$select", "subject,start,end,isAllDay,isCancelled,location,organizer,bodyPreview,onlineMeeting,webLink")
        .with("$orderby", "start/dateTime")
        .with("$top", &arguments.count.get().to_string())
        .preferring(format!("outlook.timezone=\"{}\"", arguments.time_zone.as_str()))
}

/// The next events.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Upcoming {
    /// The time zone of the times below that name no other.
    time_zone: String,
    events: Vec<Event>,
    /// Whether there are more events in these days.
    more: bool,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// Local time in the time zone above, as 2026-12-31T09:00:00. If Outlook gave it in another one, that follows in brackets,
    /// as 2026-12-31T08:00:00[UTC].
    start: String,
    end: String,
    all_day: bool,
    cancelled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizer: Option<String>,
    /// The beginning of the description.
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<String>,
    /// Opens the event in Outlook.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// Joins the online meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    join_link: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphEvent {
    subject: Option<String>,
    start: Moment,
    end: Moment,
    #[serde(default)]
    is_all_day: bool,
    #[serde(default)]
    is_cancelled: bool,
    location: Option<Location>,
    organizer: Option<text::Sender>,
    body_preview: Option<String>,
    web_link: Option<String>,
    online_meeting: Option<OnlineMeeting>,
}

/// A `dateTimeTimeZone`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Moment {
    date_time: String,
    time_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    display_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnlineMeeting {
    join_url: Option<String>,
}

fn upcoming(page: Collection<GraphEvent>, zone: &str) -> Upcoming {
    let events = page.value.into_iter().take(LONGEST_LIST).map(|event| Event::of(event, zone)).collect();
    Upcoming { time_zone: zone.to_owned(), events, more: page.next_link.is_some() }
}

impl Event {
    /// An event whose times were asked for in this time zone.
    fn of(event: GraphEvent, zone: &str) -> Self {
        let line = |text: Option<String>| text.as_deref().and_then(text::line);
        Self {
            subject: line(event.subject),
            start: event.start.to_the_second(zone),
            end: event.end.to_the_second(zone),
            all_day: event.is_all_day,
            cancelled: event.is_cancelled,
            location: line(event.location.and_then(|location| location.display_name)),
            organizer: event.organizer.and_then(text::Sender::line),
            preview: line(event.body_preview),
            link: event.web_link.and_then(text::link),
            join_link: event.online_meeting.and_then(|meeting| meeting.join_url).and_then(text::link),
        }
    }
}

impl Moment {
    /// Without the fraction of Graph's seven digits, and with Graph's time zone unless it is the one that was asked for.
    fn to_the_second(&self, zone: &str) -> String {
        let seconds = self.date_time.split('.').next().unwrap_or_default();
        let other = self.time_zone.as_deref().filter(|named| !named.eq_ignore_ascii_case(zone));
        let suffix = other.map(|named| format!("[{named}]")).unwrap_or_default();
        text::line(&format!("{seconds}{suffix}")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    fn asked(arguments: Value) -> String {
        request(&serde_json::from_value(arguments).unwrap(), datetime!(2026-12-31 23:30 UTC)).path_and_query()
    }

    #[test]
    fn the_range_begins_now_and_has_the_days_that_were_asked_for() {
        let week = asked(json!({}));
        assert!(week.starts_with("/v1.0/me/calendarView?startDateTime=2026-12-31T23%3A30%3A00Z"), "{week}");
        assert!(week.contains("endDateTime=2027-01-07T23%3A30%3A00Z") && week.ends_with("%24top=10"), "{week}");
        let day = asked(json!({ "days": 1, "count": 3 }));
        assert!(day.contains("endDateTime=2027-01-01T23%3A30%3A00Z") && day.ends_with("%24top=3"), "{day}");
    }

    #[test]
    fn an_event_has_what_a_model_needs_and_no_empty_members() {
        let answer = json!({
            "value": [
                {
                    "@odata.etag": "x", "id": "1", "subject": " Review\r\n", "isAllDay": false, "isCancelled": true,
                    "start": { "dateTime": "2026-12-31T09:00:00.0000000", "timeZone": "Europe/Berlin" },
                    "end": { "dateTime": "2026-12-31T09:30:00.0000000", "timeZone": "Europe/Berlin" },
                    "location": { "displayName": "Room 7" }, "bodyPreview": "a\r\nb",
                    "organizer": { "emailAddress": { "name": "Bob", "address": "bob@contoso.example" } },
                    "webLink": "https://outlook.example/1", "onlineMeeting": { "joinUrl": "https://teams.example/1" },
                },
                {
                    "subject": null, "location": { "displayName": "" }, "organizer": null, "onlineMeeting": null,
                    "start": { "dateTime": "2027-01-01T00:00:00.0000000" }, "isAllDay": true,
                    "end": { "dateTime": "2027-01-02T00:00:00.0000000" }, "webLink": "http://outlook.example/2",
                },
            ],
            "@odata.nextLink": "https://graph.microsoft.com/v1.0/me/calendarView?$skip=2",
        });
        let upcoming = upcoming(serde_json::from_value(answer).unwrap(), "Europe/Berlin");
        let expected = json!({
            "timeZone": "Europe/Berlin",
            "events": [
                {
                    "subject": "Review", "start": "2026-12-31T09:00:00", "end": "2026-12-31T09:30:00", "allDay": false,
                    "cancelled": true, "location": "Room 7", "organizer": "Bob <bob@contoso.example>", "preview": "a b",
                    "link": "https://outlook.example/1", "joinLink": "https://teams.example/1",
                },
                { "start": "2027-01-01T00:00:00", "end": "2027-01-02T00:00:00", "allDay": true, "cancelled": false },
            ],
            "more": true,
        });
        assert_eq!(serde_json::to_value(upcoming).unwrap(), expected);
    }

    #[test]
    fn a_time_in_another_zone_than_was_asked_for_names_its_own() {
        let given = |zone: Option<&str>| {
            let moment = json!({ "dateTime": "2026-12-31T08:00:00.0000000", "timeZone": zone });
            serde_json::from_value::<Moment>(moment).unwrap().to_the_second("Europe/Berlin")
        };
        for (zone, expected) in [
            (None, "2026-12-31T08:00:00"),
            (Some("Europe/Berlin"), "2026-12-31T08:00:00"),
            (Some("europe/berlin"), "2026-12-31T08:00:00"),
            (Some("UTC"), "2026-12-31T08:00:00[UTC]"),
            (Some("W. Europe Standard Time"), "2026-12-31T08:00:00[W. Europe Standard Time]"),
        ] {
            assert_eq!(given(zone), expected);
        }
    }

    #[test]
    fn the_largest_result_is_bounded() {
        let long = "ü".repeat(2_000);
        let link = format!("https://{}", "x".repeat(text::LONGEST_LINK - 8));
        let event = json!({
            "subject": long, "bodyPreview": long, "location": { "displayName": long }, "webLink": link,
            "start": { "dateTime": long, "timeZone": long }, "end": { "dateTime": long }, "onlineMeeting": { "joinUrl": link },
            "organizer": { "emailAddress": { "name": long, "address": long } },
        });
        let answer = serde_json::from_value(json!({ "value": vec![event; 25] })).unwrap();
        let text = serde_json::to_string(&upcoming(answer, "UTC")).unwrap();
        assert!(text.chars().count() < 80_000, "{}", text.chars().count());
    }
}
