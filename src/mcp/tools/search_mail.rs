//! `search_mail`: Graph's `GET /v1.0/me/messages?$search=…`.
//! <https://learn.microsoft.com/graph/search-query-parameter>

use authorization_server::state::scopes::{MAIL_READ, Permission};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::{
    arguments::{Text, Whole},
    outcome::ToolError,
    text,
    tool::{Caller, Tool},
};
use crate::graph::{ApiError, Collection, Request};

const PATH: &str = "/v1.0/me/messages";
/// Messages of a page, at most. Graph is asked for no more.
const LONGEST_PAGE: usize = 20;
/// Of a cursor: the longest query in a link to the next page, percent-encoded and then in Base64.
const LONGEST_CURSOR: usize = 16 * 1024;
/// Characters of messages after which no further page is read, whatever was asked for: a model has to read them, and they are
/// sent twice, as text and as structured content.
const MAX_CHARACTERS: usize = 40_000;
/// The parameters of a link to the next page.
const NEXT_LINK_PARAMETERS: [&str; 5] = ["$search", "$select", "$top", "$skip", "$skiptoken"];

pub(super) struct SearchMail;

impl Tool for SearchMail {
    const NAME: &'static str = "search_mail";
    const TITLE: &'static str = "Search mail";
    const DESCRIPTION: &'static str =
        "Search the user's Outlook mail, newest first. Returns the beginning of each message.";
    const PERMISSIONS: &'static [&'static Permission] = &[&MAIL_READ];
    type Arguments = Arguments;
    type Output = Found;

    async fn call(caller: Caller<'_>, arguments: Arguments) -> Result<Found, ToolError> {
        let pages = arguments.pages.get();
        let mut all = page(caller, &request(&arguments)?).await?;
        for read in 1..pages {
            let Some(request) = all.next().map(at).transpose()? else { break };
            caller.report(read, pages, format!("{} messages found", all.messages.len())).await;
            all = all.and(page(caller, &request).await?);
        }
        Ok(all)
    }
}

async fn page(caller: Caller<'_>, request: &Request) -> Result<Found, ToolError> {
    match caller.get_as(request).await {
        Ok(answer) => Ok(found(answer)),
        Err(ToolError::Api(_, ApiError::Refused(_))) => {
            Err(ToolError::Arguments("Outlook does not accept the query or cursor".into()))
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Words to search for in senders, subjects and bodies. KQL works, too: from:bob subject:report received>=2026-01-01.
    query: Option<Text<500>>,
    /// The most messages of a page.
    #[serde(default)]
    count: Whole<1, 20, 10>,
    /// The most pages to return at once. Fewer come if their messages are long.
    #[serde(default)]
    pages: Whole<1, 5, 1>,
    /// The cursor of a result, for the messages after it. Give it instead of a query; it has the query's count.
    cursor: Option<Text<LONGEST_CURSOR>>,
}

fn request(arguments: &Arguments) -> Result<Request, ToolError> {
    match (&arguments.query, &arguments.cursor) {
        (Some(query), None) => Ok(Request::of(PATH)
            .with("$search", &quoted(query.as_str()))
            .with("$select", "subject,from,receivedDateTime,isRead,hasAttachments,bodyPreview,webLink")
            .with("$top", &arguments.count.get().to_string())),
        (None, Some(cursor)) => at(cursor.as_str()),
        _ => Err(ToolError::Arguments("give either a query or a cursor".into())),
    }
}

/// The page at this cursor.
fn at(cursor: &str) -> Result<Request, ToolError> {
    let query =
        opened(cursor).ok_or_else(|| ToolError::Arguments("the cursor is not one that this tool gave".into()))?;
    Ok(query.iter().fold(Request::of(PATH), |request, (name, value)| request.with(name, value)))
}

/// The value of `$search`: in quotes, those inside escaped.
fn quoted(query: &str) -> String {
    format!("\"{}\"", query.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A cursor is the query of Graph's link to the next page, all of which has to be sent
/// (<https://learn.microsoft.com/graph/paging>). None is given that this tool would refuse. A caller who makes one up reads
/// nothing but messages of the same user.
fn cursor(link: &str) -> Option<String> {
    let link = Url::parse(link).ok()?;
    let query = link.query().filter(|_| link.path() == PATH)?;
    let cursor = URL_SAFE_NO_PAD.encode(query);
    (cursor.len() <= LONGEST_CURSOR && opened(&cursor).is_some()).then_some(cursor)
}

fn opened(cursor: &str) -> Option<Vec<(String, String)>> {
    let query = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let parameters: Vec<(String, String)> = form_urlencoded::parse(&query).into_owned().collect();
    let known = parameters.iter().all(|(name, _)| NEXT_LINK_PARAMETERS.contains(&name.as_str()));
    (known && !parameters.is_empty()).then_some(parameters)
}

/// Messages.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(super) struct Found {
    messages: Vec<Message>,
    /// Whether there are more messages.
    more: bool,
    /// For the messages after these. If there are more and it is absent, only Outlook can show them: search for less.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl Found {
    /// The cursor of the next page, unless the messages have enough characters already.
    fn next(&self) -> Option<&str> {
        let characters: usize = self.messages.iter().map(Message::characters).sum();
        self.cursor.as_deref().filter(|_| characters < MAX_CHARACTERS)
    }

    /// These messages, and those of the next page.
    fn and(mut self, next: Self) -> Self {
        self.messages.extend(next.messages);
        Self { messages: self.messages, ..next }
    }
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// UTC, as 2026-12-31T09:00:00Z.
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<String>,
    read: bool,
    has_attachments: bool,
    /// The beginning of the message, as plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<String>,
    /// Opens the message in Outlook.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct GraphMessage {
    subject: Option<String>,
    from: Option<text::Sender>,
    received_date_time: Option<String>,
    #[serde(default)]
    is_read: bool,
    #[serde(default)]
    has_attachments: bool,
    body_preview: Option<String>,
    web_link: Option<String>,
}

impl Message {
    fn characters(&self) -> usize {
        let texts = [&self.subject, &self.from, &self.received, &self.preview, &self.link];
        texts.into_iter().flatten().map(|text| text.chars().count()).sum()
    }
}

fn found(page: Collection<GraphMessage>) -> Found {
    let messages = page.value.into_iter().take(LONGEST_PAGE).map(Message::from).collect();
    let (more, cursor) = (page.next_link.is_some(), page.next_link.as_deref().and_then(cursor));
    if more && cursor.is_none() {
        tracing::warn!(counted = true, "Graph's link to the next page of a mail search was not understood");
    }
    Found { messages, more, cursor }
}

impl From<GraphMessage> for Message {
    fn from(message: GraphMessage) -> Self {
        let line = |text: Option<String>| text.as_deref().and_then(text::line);
        Self {
            subject: line(message.subject),
            from: message.from.and_then(text::Sender::line),
            received: line(message.received_date_time),
            read: message.is_read,
            has_attachments: message.has_attachments,
            preview: line(message.body_preview),
            link: message.web_link.and_then(text::link),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn asked(arguments: Value) -> Result<String, ToolError> {
        request(&serde_json::from_value(arguments).unwrap()).map(|request| request.path_and_query())
    }

    #[test]
    fn a_query_stays_one_search_whatever_is_in_it() {
        let searched = |query: &str| {
            let asked = asked(json!({ "query": query })).unwrap();
            let parameters: Vec<_> =
                Url::parse(&format!("https://g{asked}")).unwrap().query_pairs().into_owned().collect();
            assert_eq!(parameters.len(), 3, "{asked}");
            parameters[0].1.clone()
        };
        assert_eq!(searched("from:bob budget"), r#""from:bob budget""#);
        assert_eq!(searched(r#""a b" & c\"#), r#""\"a b\" & c\\""#);
    }

    #[test]
    fn a_cursor_leads_to_the_page_that_graph_named() {
        let query = "%24search=%22a%20b%22&%24top=2&%24skiptoken=x%2By";
        let given = cursor(&format!("https://graph.microsoft.com/v1.0/me/messages?{query}")).unwrap();
        assert_eq!(asked(json!({ "cursor": given })).unwrap(), format!("{PATH}?{query}"));
        for link in [
            "https://graph.microsoft.com/v1.0/me/mailFolders?$skip=1",
            "https://graph.microsoft.com/v1.0/me/messages",
            "x",
        ] {
            assert_eq!(cursor(link), None, "{link}");
        }
    }

    #[test]
    fn the_longest_query_has_a_cursor_and_a_link_that_would_be_refused_has_none() {
        let query: String = form_urlencoded::byte_serialize("\u{65e5}".repeat(500).as_bytes()).collect();
        let link = |query: &str| format!("https://graph.microsoft.com/v1.0/me/messages?{query}");
        let given = cursor(&link(&format!("$search={query}&$top=10&$skiptoken={}", "x".repeat(1000)))).unwrap();
        assert!(asked(json!({ "cursor": given })).is_ok());
        for refused in [format!("$search={}", "x".repeat(16 * 1024)), "$skiptoken=a&$filter=b".into()] {
            assert_eq!(cursor(&link(&refused)), None, "{refused:.40}");
        }
    }

    #[test]
    fn a_cursor_that_was_not_given_is_refused() {
        for forged in ["$expand=attachments", "$skip=1&$filter=x", "", "\u{e9}"] {
            let cursor = URL_SAFE_NO_PAD.encode(forged);
            let cursor = if cursor.is_empty() { "-".into() } else { cursor };
            assert!(matches!(asked(json!({ "cursor": cursor })), Err(ToolError::Arguments(_))), "{forged}");
        }
        for wrong in [json!({}), json!({ "query": "a", "cursor": "b" }), json!({ "cursor": "not base64!" })] {
            assert!(matches!(asked(wrong.clone()), Err(ToolError::Arguments(_))), "{wrong}");
        }
    }

    #[test]
    fn a_message_has_what_a_model_needs_and_no_empty_members() {
        let answer = json!({
            "value": [
                {
                    "subject": "Budget", "bodyPreview": "Dear Bob,\r\n\r\nhello", "isRead": true, "hasAttachments": true,
                    "from": { "emailAddress": { "name": "Alice", "address": "alice@contoso.example" } },
                    "receivedDateTime": "2026-12-31T09:00:00Z", "webLink": "https://outlook.example/1",
                },
                { "subject": "", "bodyPreview": "" },
            ],
        });
        let messages = json!([
            {
                "subject": "Budget", "from": "Alice <alice@contoso.example>", "received": "2026-12-31T09:00:00Z",
                "read": true, "hasAttachments": true, "preview": "Dear Bob, hello", "link": "https://outlook.example/1",
            },
            { "read": false, "hasAttachments": false },
        ]);
        let expected = json!({ "messages": messages, "more": false });
        let found = found(serde_json::from_value(answer).unwrap());
        assert_eq!(serde_json::to_value(found).unwrap(), expected);
    }

    #[test]
    fn a_result_says_that_there_is_more_also_where_it_has_no_cursor() {
        let link = |path: &str| format!("https://graph.microsoft.com{path}?$search=x&$skiptoken=y");
        for (next, more, has_cursor) in
            [(None, false, false), (Some(link(PATH)), true, true), (Some(link("/beta/me/messages")), true, false)]
        {
            let found = found(Collection { value: Vec::new(), next_link: next });
            assert_eq!((found.more, found.cursor.is_some()), (more, has_cursor));
        }
    }

    /// So many of the longest messages, with the longest link to the next page.
    fn longest(count: usize) -> Found {
        let long = "ü".repeat(2_000);
        let message = json!({
            "subject": long, "bodyPreview": long, "receivedDateTime": long,
            "from": { "emailAddress": { "name": long, "address": long } },
            "webLink": format!("https://{}", "x".repeat(text::LONGEST_LINK - 8)),
        });
        let query = format!("$skiptoken={}", "x".repeat(LONGEST_CURSOR / 4 * 3 - 20));
        let answer = json!({ "value": vec![message; count], "@odata.nextLink": format!("https://g{PATH}?{query}") });
        found(serde_json::from_value(answer).unwrap())
    }

    #[test]
    fn the_largest_result_of_any_number_of_pages_is_bounded() {
        assert_eq!((longest(25).messages.len(), longest(20).next()), (20, None), "one page of the longest is enough");
        // One message less, and another page is read.
        let almost_enough = longest(19);
        assert!(almost_enough.next().is_some());
        let largest = almost_enough.and(longest(20));
        assert!(largest.next().is_none() && largest.more && largest.cursor.is_some());
        let text = serde_json::to_string_pretty(&largest).unwrap();
        assert!(text.chars().count() < 110_000, "{}", text.chars().count());
    }
}
