//! `GET /v1.0/me/messages` with `$search`.
//! <https://learn.microsoft.com/graph/api/user-list-messages>,
//! <https://learn.microsoft.com/graph/api/resources/message>,
//! <https://learn.microsoft.com/graph/search-query-parameter>: results are sorted by date, and `$search` can be used
//! neither with `$filter` nor with `$orderby`. `ConsistencyLevel` is for directory objects only.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::format_description};

use super::{
    Needed, Refused, not_implemented,
    options::{Collection, Options, bad_request},
    refused, respond, signed_in_user,
};
use crate::{sts::Sts, users, users::User};

const MAIL_READ: Needed = Needed::of_outlook("Mail.Read");
const OPTIONS: [&str; 6] = ["$search", "$select", "$top", "$skiptoken", "$orderby", "$filter"];
const MEMBERS: [&str; 8] =
    ["id", "subject", "bodyPreview", "from", "receivedDateTime", "isRead", "hasAttachments", "webLink"];
/// How many messages a mailbox has, one for each hour past.
const MESSAGES: i64 = 60;

/// `GET /v1.0/me/messages`.
pub(crate) async fn get(State(sts): State<Arc<Sts>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let user = signed_in_user(&sts, &headers, &MAIL_READ);
    respond(&sts, &headers, user.and_then(|user| search(&sts, user, query.as_deref())))
}

fn search(sts: &Sts, user: &User, query: Option<&str>) -> Result<Value, Refused> {
    let options = Options::parse(query, &OPTIONS)?;
    let sought =
        options.get("$search").ok_or_else(|| not_implemented("Without $search the local tenant lists no messages."))?;
    for (option, code) in [("$orderby", "SearchWithOrderBy"), ("$filter", "SearchWithFilter")] {
        if options.get(option).is_some() {
            let message = format!("The query parameter '{option}' is not supported with '$search'.");
            return Err(refused(StatusCode::BAD_REQUEST, code, message));
        }
    }
    let terms = terms(sought)?;
    let messages = (0..MESSAGES).map(|hours| Message::of(user, sts.clock.now(), hours));
    let collection = Collection {
        oid: user.oid,
        name: "messages",
        url: format!("{}/v1.0/me/messages", sts.base_url),
        members: &MEMBERS,
        items: messages
            .filter(|message| terms.iter().all(|term| term.is_in(message)))
            .map(|found| found.encode())
            .collect(),
    };
    options.page(&collection, "$skiptoken", options.start("$skiptoken")?)
}

/// A word or phrase of KQL, and the property in which it must be.
struct Term {
    property: Option<String>,
    text: String,
}

/// The whole is in quotes, and quotes inside it are escaped. All terms must be met: words, `"phrases"`, and both after
/// `from:`, `subject:` or `body:`.
fn terms(search: &str) -> Result<Vec<Term>, Refused> {
    let quoted = search.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let kql = quoted.ok_or_else(|| not_implemented("The local tenant searches only for what is in quotes."))?;
    let mut terms = Vec::new();
    let mut rest = unescaped(kql)?;
    while let Some((term, left)) = next_term(rest.trim_start())? {
        terms.push(term);
        rest = left;
    }
    if terms.is_empty() { Err(bad_request("Syntax error: nothing to search for.".into())) } else { Ok(terms) }
}

fn unescaped(text: &str) -> Result<String, Refused> {
    let mut unescaped = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => unescaped.extend(characters.next()),
            '"' => return Err(bad_request(format!("Syntax error: character '\"' is not valid in '{text}'."))),
            other => unescaped.push(other),
        }
    }
    Ok(unescaped)
}

fn next_term(text: &str) -> Result<Option<(Term, String)>, Refused> {
    if text.is_empty() {
        return Ok(None);
    }
    let word_end = text.find(char::is_whitespace).unwrap_or(text.len());
    let property =
        text.get(..word_end).and_then(|word| word.split_once(':')).map(|(property, _)| property.to_lowercase());
    if property.as_deref().is_some_and(|property| !matches!(property, "from" | "subject" | "body")) {
        return Err(not_implemented("This property of KQL is not implemented by the local tenant."));
    }
    let value = text.get(property.as_ref().map_or(0, |property| property.len() + 1)..).unwrap_or_default();
    let (value, rest) = match value.strip_prefix('"') {
        Some(phrase) => {
            phrase.split_once('"').ok_or_else(|| bad_request("Syntax error: a quote is not closed.".into()))?
        }
        None => value.split_once(char::is_whitespace).unwrap_or((value, "")),
    };
    if ["AND", "OR", "NOT"].contains(&value) || value.contains(['(', ')', '*']) {
        return Err(not_implemented("Operators of KQL are not implemented by the local tenant."));
    }
    Ok(Some((Term { property, text: value.to_lowercase() }, rest.to_owned())))
}

impl Term {
    fn is_in(&self, message: &Message) -> bool {
        let from = message.from.map(|from| format!("{} {}", from.display_name, from.user_principal_name));
        let from = from.unwrap_or_default();
        let has = |text: &str| text.to_lowercase().contains(&self.text);
        match self.property.as_deref() {
            Some("from") => has(&from),
            Some("subject") => has(&message.subject),
            Some(_) => has(&message.body),
            None => has(&from) || has(&message.subject) || has(&message.body),
        }
    }
}

struct Message {
    id: String,
    subject: String,
    body: String,
    from: Option<&'static User>,
    received: OffsetDateTime,
    is_read: bool,
}

impl Message {
    /// From the users of the tenant in turn, about three matters.
    fn of(user: &User, now: OffsetDateTime, hours: i64) -> Self {
        let matter = match hours / 3 % 3 {
            0 => "Budget",
            1 => "Invoice",
            _ => "Lunch",
        };
        Self {
            id: format!("AAMkAGUAAAwTW{hours:04}="),
            subject: format!("{matter} {hours}"),
            body: format!("Dear {},\r\n\r\nthis is about the {}.\r\n", user.given_name, matter.to_lowercase()),
            from: usize::try_from(hours).ok().and_then(|hour| users::all().iter().cycle().nth(hour)),
            received: now - Duration::hours(hours),
            is_read: hours % 2 == 1,
        }
    }

    fn encode(&self) -> Value {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let address = |from: &User| json!({ "name": from.display_name, "address": from.user_principal_name });
        json!({
            "@odata.etag": format!("W/\"{}\"", self.id),
            "id": self.id,
            "subject": self.subject,
            "bodyPreview": self.body,
            "from": { "emailAddress": self.from.map(address) },
            "receivedDateTime": self.received.format(format).unwrap_or_default(),
            "isRead": self.is_read,
            "hasAttachments": false,
            "webLink": format!("https://outlook.office365.com/owa/?ItemID={}&exvsurl=1&viewmodel=ReadMessageItem", self.id),
        })
    }
}
