//! `GET /v1.0/me/calendarView`: the events of a time range.
//! <https://learn.microsoft.com/graph/api/user-list-calendarview>,
//! <https://learn.microsoft.com/graph/api/resources/event>

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, Time, format_description::well_known::Iso8601};

use super::{
    Needed, Refused, not_implemented,
    options::{Collection, Options},
    refused, respond, signed_in_user,
    time_zone::TimeZone,
};
use crate::{sts::Sts, users::User};

const CALENDARS_READ: Needed = Needed::of_outlook("Calendars.Read");
const OPTIONS: [&str; 6] = ["startDateTime", "endDateTime", "$select", "$top", "$skip", "$orderby"];
const MEMBERS: [&str; 12] = [
    "id",
    "subject",
    "bodyPreview",
    "start",
    "end",
    "isAllDay",
    "isCancelled",
    "showAs",
    "location",
    "organizer",
    "onlineMeeting",
    "webLink",
];
/// How many days from today have an event.
const DAYS: i64 = 40;

/// `GET /v1.0/me/calendarView`.
pub(crate) async fn get(State(sts): State<Arc<Sts>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let user = signed_in_user(&sts, &headers, &CALENDARS_READ);
    respond(&sts, &headers, user.and_then(|user| view(&sts, user, query.as_deref(), &headers)))
}

fn view(sts: &Sts, user: &User, query: Option<&str>, headers: &HeaderMap) -> Result<Value, Refused> {
    let options = Options::parse(query, &OPTIONS)?;
    let (from, until) = window(&options)?;
    if options.get("$orderby").is_some_and(|order| order != "start/dateTime") {
        return Err(not_implemented("Only $orderby=start/dateTime is implemented by the local tenant."));
    }
    let (zone, name) = preferred_zone(headers)?;
    let today = sts.clock.now().replace_time(Time::MIDNIGHT);
    let events = (0..DAYS).map(|day| Event::of(user, today, day));
    let within = events.filter(|event| event.start < until && event.end > from);
    let collection = Collection {
        oid: user.oid,
        name: "calendarView",
        url: format!("{}/v1.0/me/calendarView", sts.base_url),
        members: &MEMBERS,
        items: within.map(|event| event.encode(user, zone, &name)).collect(),
    };
    options.page(&collection, "$skip", options.start("$skip")?)
}

/// Both ends are required, in ISO 8601; without an offset they are UTC.
fn window(options: &Options) -> Result<(OffsetDateTime, OffsetDateTime), Refused> {
    let parameter = |name| {
        let text = options.get(name).ok_or_else(|| {
            invalid("This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.")
        })?;
        let read = OffsetDateTime::parse(text, &Iso8601::DEFAULT);
        read.map_err(|_| {
            not_implemented("Of ISO 8601 only a date and a time with an offset are implemented by the local tenant.")
        })
    };
    Ok((parameter("startDateTime")?, parameter("endDateTime")?))
}

/// `Prefer: outlook.timezone="…"`; UTC without it. The error is the one of
/// <https://github.com/microsoftgraph/microsoft-graph-docs/issues/6870>.
fn preferred_zone(headers: &HeaderMap) -> Result<(&'static TimeZone, String), Refused> {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let named = preferences.into_iter().find_map(|preference| preference.strip_prefix("outlook.timezone="));
    let name = named.unwrap_or("UTC").trim_matches('"');
    let zone = TimeZone::named(name).ok_or_else(|| {
        let message = format!(
            "A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
        );
        refused(StatusCode::BAD_REQUEST, "TimeZoneNotSupportedException", message)
    })?;
    Ok((zone, name.to_owned()))
}

fn invalid(message: &'static str) -> Refused {
    refused(StatusCode::BAD_REQUEST, "ErrorInvalidParameter", message)
}

struct Event {
    id: String,
    subject: String,
    start: OffsetDateTime,
    end: OffsetDateTime,
    is_all_day: bool,
}

impl Event {
    /// One a day: a meeting, and each fifth day a holiday.
    fn of(user: &User, today: OffsetDateTime, day: i64) -> Self {
        let midnight = today + Duration::days(day);
        let is_all_day = day % 5 == 4;
        let (start, length) = if is_all_day {
            (midnight, Duration::DAY)
        } else {
            (midnight + Duration::hours(23), Duration::minutes(30))
        };
        let what = if is_all_day { "Holiday" } else { "Review" };
        let subject = format!("{what} {day} with {}", user.given_name);
        Self { id: format!("AAMkADAwATE{day:04}="), subject, start, end: start + length, is_all_day }
    }

    fn encode(&self, user: &User, zone: &TimeZone, name: &str) -> Value {
        let at = |time| json!({ "dateTime": zone.local(time), "timeZone": name });
        let address = json!({ "name": user.display_name, "address": user.user_principal_name });
        let meeting = json!({ "joinUrl": format!("https://teams.microsoft.com/l/meetup-join/{}", self.id) });
        json!({
            "@odata.etag": format!("W/\"{}\"", self.id),
            "id": self.id,
            "subject": self.subject,
            "bodyPreview": format!("Agenda:\r\n1. {}\r\n2. Anything else", self.subject),
            "start": at(self.start),
            "end": at(self.end),
            "isAllDay": self.is_all_day,
            "isCancelled": false,
            "showAs": if self.is_all_day { "free" } else { "busy" },
            "location": { "displayName": if self.is_all_day { "" } else { "Room 7" }, "locationType": "default" },
            "organizer": { "emailAddress": address },
            "onlineMeeting": if self.is_all_day { Value::Null } else { meeting },
            "webLink": format!("https://outlook.office365.com/owa/?itemid={}&exvsurl=1&path=/calendar/item", self.id),
        })
    }
}
