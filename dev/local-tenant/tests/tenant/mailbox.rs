//! Microsoft Graph: the calendar view and the messages of a user.

use reqwest::Url;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use crate::support::{Local, claims};

/// Alice, with a Graph token for this scope.
struct Caller {
    local: Local,
    token: String,
    /// When the token was issued.
    now: OffsetDateTime,
}

impl Caller {
    async fn with(scope: &str) -> Self {
        let local = Local::silent().await;
        let access_token = local.sign_in().await["access_token"].as_str().unwrap().to_owned();
        let (_, answer) = local.exchange(&access_token, "https://graph.microsoft.com/User.Read").await;
        let mut claims = claims(&answer["access_token"]);
        claims["scp"] = json!(scope);
        let dated = OffsetDateTime::from_unix_timestamp(claims["iat"].as_i64().unwrap()).unwrap();
        let now = dated + time::Duration::minutes(5);
        let token = local.forge(&claims);
        Self { local, token, now }
    }

    /// The status and the body of `GET` with these parameters.
    async fn get(&self, path: &str, query: &[(&str, &str)], prefer: Option<&str>) -> (u16, Value) {
        let url = Url::parse_with_params(&format!("{}/v1.0/me/{path}", self.local.tenant.base_url()), query).unwrap();
        self.follow(url.as_str(), prefer).await
    }

    async fn follow(&self, url: &str, prefer: Option<&str>) -> (u16, Value) {
        let mut request = self.local.http.get(url).bearer_auth(&self.token);
        if let Some(prefer) = prefer {
            request = request.header("prefer", prefer);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// From now for so many days.
    fn window(&self, days: i64) -> [String; 2] {
        [self.now, self.now + Duration::days(days)].map(|time| time.format(&Rfc3339).unwrap())
    }

    async fn refusal(&self, path: &str, query: &[(&str, &str)], prefer: Option<&str>) -> (u16, String) {
        let (status, body) = self.get(path, query, prefer).await;
        (status, body["error"]["code"].as_str().unwrap().to_owned())
    }
}

fn subjects(body: &Value) -> Vec<&str> {
    body["value"].as_array().unwrap().iter().map(|item| item["subject"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_calendar_view_has_the_events_of_the_time_range_in_pages() {
    let caller = Caller::with("Calendars.Read").await;
    let [from, until] = caller.window(15);
    let options =
        [("startDateTime", from.as_str()), ("endDateTime", &until), ("$top", "4"), ("$select", "subject,start")];
    let (status, first) = caller.get("calendarView", &options, None).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(subjects(&first).len(), 4);
    let event = &first["value"][0];
    assert_eq!(event["start"]["timeZone"], "UTC");
    assert!(event["id"].is_string() && event["@odata.etag"].is_string() && event.get("end").is_none(), "{event}");
    let (status, second) = caller.follow(first["@odata.nextLink"].as_str().unwrap(), None).await;
    assert_eq!((status, subjects(&second).len()), (200, 4));
    assert!(subjects(&second).iter().all(|subject| !subjects(&first).contains(subject)));
}

#[tokio::test]
async fn times_are_in_the_time_zone_that_is_preferred() {
    let caller = Caller::with("Calendars.Read").await;
    let [from, until] = caller.window(1);
    let options = [("startDateTime", from.as_str()), ("endDateTime", &until)];
    for zone in ["Asia/Tokyo", "Tokyo Standard Time"] {
        let prefer = format!("outlook.timezone=\"{zone}\"");
        let (_, answer) = caller.get("calendarView", &options, Some(&prefer)).await;
        let starts = answer["value"].as_array().unwrap().iter().map(|event| &event["start"]);
        let starts: Vec<_> =
            starts.map(|start| (start["timeZone"].as_str(), start["dateTime"].as_str().unwrap())).collect();
        assert!(!starts.is_empty(), "{answer}");
        let at_eight = |(name, time): &(Option<&str>, &str)| *name == Some(zone) && time.ends_with("T08:00:00.0000000");
        assert!(starts.iter().any(at_eight), "23:00 UTC: {starts:?}");
    }
    let refused = caller.refusal("calendarView", &options, Some("outlook.timezone=\"Mars/Olympus\"")).await;
    assert_eq!(refused, (400, "TimeZoneNotSupportedException".into()));
}

#[tokio::test]
async fn a_calendar_view_without_its_range_or_with_an_unknown_option_is_refused() {
    let caller = Caller::with("Calendars.Read").await;
    let [from, until] = caller.window(1);
    let range = [("startDateTime", from.as_str()), ("endDateTime", until.as_str())];
    assert_eq!(caller.refusal("calendarView", &range[..1], None).await, (400, "ErrorInvalidParameter".into()));
    for (name, value, status, code) in [
        ("$top", "0", 400, "BadRequest"),
        ("$top", "1001", 400, "BadRequest"),
        ("$select", "attendees", 501, "NotImplemented"),
        ("$orderby", "subject", 501, "NotImplemented"),
        ("$filter", "isAllDay", 501, "NotImplemented"),
        ("startDateTime", &from, 400, "BadRequest"),
    ] {
        let query: Vec<_> = range.into_iter().chain([(name, value)]).collect();
        assert_eq!(caller.refusal("calendarView", &query, None).await, (status, code.into()), "{name}");
    }
}

#[tokio::test]
async fn messages_are_found_by_words_phrases_and_properties() {
    let caller = Caller::with("Mail.Read").await;
    let found = async |search: &str| {
        let (status, body) = caller.get("messages", &[("$search", search), ("$top", "100")], None).await;
        assert_eq!(status, 200, "{search}: {body}");
        body["value"].as_array().unwrap().len()
    };
    let all = found(r#""dear""#).await;
    let budget = found(r#""subject:Budget""#).await;
    let of_bob = found(r#""from:bob budget""#).await;
    assert_eq!((all, budget), (60, 21));
    assert!(0 < of_bob && of_bob < budget, "{of_bob}");
    assert_eq!(found(r#""\"about the budget\"""#).await, budget);
    assert_eq!(found(r#""subject:\"about the budget\"""#).await, 0);
}

#[tokio::test]
async fn a_search_is_paged_newest_first_by_a_link_with_all_of_its_options() {
    let caller = Caller::with("Mail.Read").await;
    let (mut link, mut times) = (None::<String>, Vec::new());
    loop {
        let (status, body) = match &link {
            None => {
                caller
                    .get(
                        "messages",
                        &[("$search", "\"invoice\""), ("$top", "8"), ("$select", "receivedDateTime")],
                        None,
                    )
                    .await
            }
            Some(link) => caller.follow(link, None).await,
        };
        assert_eq!(status, 200, "{body}");
        let page = body["value"].as_array().unwrap();
        assert!(page.iter().all(|message| message.get("subject").is_none()), "{body}");
        times.extend(page.iter().map(|message| message["receivedDateTime"].as_str().unwrap().to_owned()));
        let Some(next) = body["@odata.nextLink"].as_str() else { break };
        link = Some(next.to_owned());
    }
    assert!(times.len() > 16 && times.is_sorted_by(|one, other| one > other), "{times:?}");
}

#[tokio::test]
async fn a_search_that_graph_refuses_or_that_is_not_implemented_is_refused() {
    let caller = Caller::with("Mail.Read").await;
    for (query, status, code) in [
        (vec![("$search", "\"a\""), ("$orderby", "receivedDateTime")], 400, "SearchWithOrderBy"),
        (vec![("$search", "\"a\""), ("$filter", "isRead")], 400, "SearchWithFilter"),
        (vec![("$search", "\"a\"b\"")], 400, "BadRequest"),
        (vec![("$search", "\"\"")], 400, "BadRequest"),
        (vec![("$search", "unquoted")], 501, "NotImplemented"),
        (vec![("$search", "\"a OR b\"")], 501, "NotImplemented"),
        (vec![("$search", "\"importance:high\"")], 501, "NotImplemented"),
        (vec![("$search", "\"a\""), ("$skiptoken", "made-up")], 501, "NotImplemented"),
        (vec![], 501, "NotImplemented"),
    ] {
        assert_eq!(caller.refusal("messages", &query, None).await, (status, code.into()), "{query:?}");
    }
}

#[tokio::test]
async fn each_needs_its_own_permission() {
    for (scope, path) in [("User.Read Mail.Read", "calendarView"), ("User.Read Calendars.Read", "messages")] {
        let caller = Caller::with(scope).await;
        assert_eq!(caller.refusal(path, &[], None).await, (403, "ErrorAccessDenied".into()), "{path}");
    }
}
