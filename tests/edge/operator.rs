//! `/operator`: who may see it, which forms count, and what it shows.

use authorization_server::{
    ground::{EventName, Id, Record as _, Subject},
    state::{client::Client, roles::ADMIN},
};
use bytes::Bytes;
use futures_util::future::join_all;
use http::{Method, Request, header};
use http_body_util::Full;
use time::Duration;

use crate::{
    browser::{Browser, authorize, callback, hidden},
    rig::{Answer, Edge, empty, form, request},
};

const OBJECT_ID: &str = "3e3b4a67-0c5e-4a1f-9d0a-5f3c2f6d7e11";

/// Alice is an operator.
fn edge() -> Edge {
    let edge = Edge::new();
    edge.upstream.set_roles(&[ADMIN.value]);
    edge
}

/// The fields of a form of this page, with further ones.
fn fields<'a>(page: &Answer, further: &[(&'a str, &'a str)]) -> Vec<(&'a str, String)> {
    let guard = [("form", hidden(page, "form")), ("csrf", hidden(page, "csrf"))];
    guard.into_iter().chain(further.iter().map(|(name, value)| (*name, (*value).to_owned()))).collect()
}

fn borrowed<'a>(fields: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

async fn click(edge: &Edge, browser: &mut Browser, page: &Answer, further: &[(&str, &str)]) -> Answer {
    browser.post(edge, "/operator", &borrowed(&fields(page, further))).await
}

fn block(client_id: &str) -> [(&'static str, String); 3] {
    [("action", "block".into()), ("kind", "registration".into()), ("value", client_id.to_owned())]
}

fn is_blocked(edge: &Edge) -> bool {
    edge.blocks.peek(&()).is_some_and(|blocks| !blocks.blocked().is_empty())
}

fn names(edge: &Edge) -> Vec<(EventName, Option<&'static str>)> {
    edge.audit.take().into_iter().map(|event| (event.name, event.reason)).collect()
}

#[tokio::test]
async fn an_operator_blocks_an_application_and_lifts_the_block() {
    let (edge, mut browser) = (edge(), Browser::default());
    let client_id = edge.register().await.unwrap();
    let page = browser.operator(&edge).await;
    assert!(page.body.contains("Client") && page.body.contains(&client_id) && page.body.contains("Never used"));
    let done = click(&edge, &mut browser, &page, &borrowed(&block(&client_id))).await;
    assert_eq!((done.status, done.header("location")), (302, "https://mcp.example.com/operator"));
    assert_eq!(edge.get(&authorize(&client_id, &[])).await.status, 403);
    let page = browser.get(&edge, "/operator").await;
    assert!(page.body.contains("Blocked.") && page.body.contains(" blocked <bdi>the registration "), "{}", page.body);
    let lift = [("action", "unblock"), ("kind", "registration"), ("value", client_id.as_str())];
    assert_eq!(click(&edge, &mut browser, &page, &lift).await.status, 302);
    assert_eq!(edge.get(&authorize(&client_id, &[])).await.status, 200);
}

#[tokio::test]
async fn an_operator_ends_the_grants_of_an_application_and_of_a_user() {
    let (edge, mut browser) = (edge(), Browser::default());
    let user = Subject { tid: "tenant".into(), oid: OBJECT_ID.into() };
    for action in ["end-application", "end-user"] {
        edge.upstream.set_subject(user.clone());
        let signed_in = edge.sign_in().await.unwrap();
        edge.upstream.set_subject(Subject { tid: "tenant".into(), oid: "operator".into() });
        assert!(edge.accepts(&signed_in.tokens.access_token).await.unwrap());
        let page = browser.operator(&edge).await;
        let upper = OBJECT_ID.to_uppercase();
        let further = [
            ("action", action),
            ("kind", "registration"),
            ("value", signed_in.client_id.as_str()),
            ("user", upper.as_str()),
        ];
        assert_eq!(click(&edge, &mut browser, &page, &further).await.status, 302, "{action}");
        assert!(!edge.accepts(&signed_in.tokens.access_token).await.unwrap(), "{action}");
        edge.clock.advance(Duration::SECOND);
    }
}

#[tokio::test]
async fn without_the_role_nobody_gets_a_session_and_the_page_says_so() {
    let (edge, mut browser) = (Edge::new(), Browser::default());
    edge.upstream.set_roles(&["User", "admin"]);
    edge.audit.take();
    let refused = browser.sign_in_to_operator(&edge).await;
    assert_eq!((refused.status, refused.header("location")), (403, ""));
    assert!(refused.body.contains("You are not an operator") && refused.body.contains("Admin"), "{}", refused.body);
    let reason = Some("the user does not have the role Admin");
    assert_eq!(names(&edge), [(EventName::OperatorRefused, reason)]);
    assert!(browser.0.keys().all(|name| name != "__Host-MCP_OPERATOR"));
    assert!(browser.get(&edge, "/operator").await.body.contains("Sign in with Microsoft"));
}

#[tokio::test]
async fn a_role_that_was_taken_away_opens_the_page_for_ten_minutes_at_most() {
    let (edge, mut browser) = (edge(), Browser::default());
    let page = browser.operator(&edge).await;
    edge.upstream.set_roles(&[]);
    edge.clock.advance(Duration::minutes(10) - Duration::SECOND);
    assert!(browser.get(&edge, "/operator").await.body.contains("You are signed in as"));
    edge.clock.advance(Duration::SECOND);
    let client_id = edge.register().await.unwrap();
    let late = click(&edge, &mut browser, &page, &borrowed(&block(&client_id))).await;
    assert!(late.status == 200 && late.body.contains("Sign in with Microsoft"), "{}", late.body);
    assert!(!is_blocked(&edge));
    assert_eq!(browser.sign_in_to_operator(&edge).await.status, 403);
}

#[tokio::test]
async fn a_session_of_one_page_never_opens_the_other() {
    let (edge, mut browser) = (edge(), Browser::default());
    browser.connections(&edge).await;
    let session = browser.0.get("__Host-MCP_OWNER").unwrap().clone();
    browser.0.insert("__Host-MCP_OPERATOR".into(), session);
    assert!(browser.get(&edge, "/operator").await.body.contains("Sign in with Microsoft"));
    let mut browser = Browser::default();
    browser.operator(&edge).await;
    let session = browser.0.get("__Host-MCP_OPERATOR").unwrap().clone();
    browser.0.insert("__Host-MCP_OWNER".into(), session);
    assert!(browser.get(&edge, "/connections").await.body.contains("Sign in with Microsoft"));
}

/// The state says for which page it was made.
#[tokio::test]
async fn a_sign_in_for_connections_makes_no_session_of_an_operator() {
    let (edge, mut browser) = (edge(), Browser::default());
    let callback = callback(&browser.post(&edge, "/connections", &[("action", "sign-in")]).await);
    browser.get(&edge, &callback).await;
    assert!(browser.0.contains_key("__Host-MCP_OWNER") && !browser.0.contains_key("__Host-MCP_OPERATOR"));
}

#[tokio::test]
async fn a_click_counts_only_from_this_page_and_this_session() {
    let (edge, mut browser) = (edge(), Browser::default());
    let client_id = edge.register().await.unwrap();
    let page = browser.operator(&edge).await;
    let (wanted, mut other) = (block(&client_id), Browser::default());
    let honest = fields(&page, &borrowed(&wanted));
    for (origin, site) in
        [(Some("https://evil.example"), "same-origin"), (Some("null"), "cross-site"), (None, "cross-site")]
    {
        let cookies = browser.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let mut foreign =
            request(Method::POST, "/operator").header(header::COOKIE, cookies).header("sec-fetch-site", site);
        if let Some(origin) = origin {
            foreign = foreign.header(header::ORIGIN, origin);
        }
        assert_eq!(edge.send(form(foreign, &borrowed(&honest))).await.status, 403, "{origin:?} {site}");
    }
    let theirs = other.operator(&edge).await;
    for (name, form) in [
        ("another session's form", fields(&theirs, &borrowed(&wanted))),
        ("another session's token", vec![("form", hidden(&page, "form")), ("csrf", hidden(&theirs, "csrf"))]),
        ("no token", vec![("form", hidden(&page, "form"))]),
        ("another form's id", vec![("form", Id::from_bytes([1; 16]).to_string()), ("csrf", hidden(&page, "csrf"))]),
    ] {
        let form = if form.len() > 4 { form } else { form.into_iter().chain(wanted.clone()).collect() };
        let refused = browser.post(&edge, "/operator", &borrowed(&form)).await;
        assert_eq!(refused.status, 403, "{name}: {}", refused.body);
    }
    let twice: Vec<_> = honest.iter().cloned().chain([("value", client_id.clone())]).collect();
    assert_eq!(browser.post(&edge, "/operator", &borrowed(&twice)).await.status, 400, "a field twice");
    assert!(!is_blocked(&edge));
    assert_eq!(browser.post(&edge, "/operator", &borrowed(&honest)).await.status, 302, "the honest form");
}

/// RFC 9700 §4.12: after a 307 a browser would send the form, and what is in it, to where the redirect leads.
#[tokio::test]
async fn every_redirect_is_302_after_a_form_and_after_a_sign_in() {
    let (edge, mut browser) = (edge(), Browser::default());
    let page = browser.operator(&edge).await;
    assert_eq!(click(&edge, &mut browser, &page, &[("action", "sign-out")]).await.status, 302);
    let client_id = edge.register().await.unwrap();
    let form = browser.ask(&edge, &client_id).await;
    let callback = browser.allow(&edge, &form).await;
    let back = browser.get(&edge, &callback).await;
    assert_eq!((back.status, back.header("location").contains("code=")), (302, true));
}

#[tokio::test]
async fn a_form_counts_once() {
    let (edge, mut browser) = (edge(), Browser::default());
    let client_id = edge.register().await.unwrap();
    let page = browser.operator(&edge).await;
    let wanted = block(&client_id);
    assert_eq!(click(&edge, &mut browser, &page, &borrowed(&wanted)).await.status, 302);
    let after = browser.get(&edge, "/operator").await;
    let lift = [("action", "unblock"), ("kind", "registration"), ("value", client_id.as_str())];
    assert_eq!(click(&edge, &mut browser, &after, &lift).await.status, 302);
    assert_eq!(click(&edge, &mut browser, &page, &borrowed(&wanted)).await.status, 302, "a double click");
    assert!(edge.blocks.peek(&()).unwrap().blocked().is_empty());
    edge.clock.advance(time::Duration::MINUTE);
    let replayed = click(&edge, &mut browser, &page, &borrowed(&wanted)).await;
    assert!(replayed.status == 409 && replayed.body.contains("sent before"), "{}", replayed.body);
    assert!(edge.blocks.peek(&()).unwrap().blocked().is_empty());
}

#[tokio::test]
async fn a_target_that_cannot_be_blocked_is_named() {
    let (edge, mut browser) = (edge(), Browser::default());
    let page = browser.operator(&edge).await;
    for (kind, value) in [("redirect-host", "https://client.example"), ("name", "Client"), ("entra-application", "x")] {
        let refused = click(&edge, &mut browser, &page, &[("action", "block"), ("kind", kind), ("value", value)]).await;
        assert!(refused.status == 400 && refused.body.contains("This cannot be blocked"), "{kind}: {}", refused.body);
    }
    let application = [("action", "end-application"), ("kind", "entra-application"), ("value", OBJECT_ID)];
    let refused = click(&edge, &mut browser, &page, &application).await;
    assert!(refused.status == 400, "an application of Entra has no grants here: {}", refused.body);
    let refused = click(&edge, &mut browser, &page, &[("action", "end-user"), ("user", "bob@contoso.example")]).await;
    assert!(refused.status == 400 && refused.body.contains("not an object id"), "{}", refused.body);
    assert!(edge.operator_records.all().is_empty());
}

fn named(edge: &Edge, number: u8, name: &str) -> Client {
    let mut client = edge.clients.all().remove(0);
    client.id = Id::from_bytes([number; 16]);
    client.name = Some(name.to_owned());
    client
}

async fn put(edge: &Edge, client: Client) {
    assert!(client.expires_at() > edge.server.now());
    edge.ports.clients.create(client).await.unwrap();
}

#[tokio::test]
async fn names_are_cleaned_as_on_the_consent_page() {
    let (edge, mut browser) = (edge(), Browser::default());
    edge.register().await.unwrap();
    put(&edge, named(&edge, 1, "<b>bold</b>")).await;
    put(&edge, named(&edge, 2, &format!("e{}x", "\u{301}".repeat(40)))).await;
    put(&edge, named(&edge, 3, "a\u{202e}b\u{200b}")).await;
    let page = browser.operator(&edge).await.body;
    assert!(!page.contains("<b>bold") && page.contains("bold"), "escaped");
    assert!(!page.contains(&"\u{301}".repeat(4)) && page.contains(&"\u{301}".repeat(3)));
    assert!(!page.contains('\u{202e}') && !page.contains('\u{200b}'));
}

#[tokio::test]
async fn a_long_list_comes_in_pages_with_those_in_use_first() {
    let (edge, mut browser) = (edge(), Browser::default());
    edge.register().await.unwrap();
    for number in 1..=200 {
        let used_at = (number % 10 == 0).then(|| edge.server.now());
        let days_used = u32::from(used_at.is_some());
        put(&edge, Client { used_at, days_used, ..named(&edge, number, &format!("Application {number}.")) }).await;
    }
    let (mut page, mut pages, mut seen) = (browser.operator(&edge).await, 0, 0);
    assert!(page.body.contains("Application 10.") && !page.body.contains("Application 11."), "in use first");
    loop {
        let shown = page.body.matches("Known since").count();
        assert!(shown <= testkit::ON_A_PAGE, "{shown}");
        (pages, seen) = (pages + 1, seen + shown);
        let Some((_, rest)) = page.body.split_once("href=\"/operator?") else { break };
        let query = driver::browser::unescaped(rest.split('"').next().unwrap());
        page = browser.get(&edge, &format!("/operator?{query}")).await;
        assert_eq!(page.status, 200);
    }
    assert_eq!((seen, pages), (201, 201usize.div_ceil(testkit::ON_A_PAGE)));
}

fn get(browser: &Browser) -> Request<Full<Bytes>> {
    empty(browser.with_cookies(request(Method::GET, "/operator")))
}

#[tokio::test]
async fn pages_of_an_operator_beyond_the_fourth_at_once_are_refused_and_another_operators_and_clicks_go_on() {
    let (edge, mut browser, mut other) = (edge(), Browser::default(), Browser::default());
    let client_id = edge.register().await.unwrap();
    let page = browser.operator(&edge).await;
    edge.upstream.set_subject(Subject { tid: "tenant".into(), oid: "another".into() });
    other.operator(&edge).await;
    edge.audit.take();
    let pages = [&browser, &browser, &browser, &browser, &browser, &other].map(get);
    let block = fields(&page, &[("action", "block"), ("kind", "registration"), ("value", &client_id)]);
    let click = form(browser.form("/operator"), &borrowed(&block));
    let answers = join_all(pages.into_iter().chain([click]).map(|request| edge.send(request))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 503, 200, 302]);
    assert_eq!(answers[4].header("retry-after"), "5");
    assert!(is_blocked(&edge) && answers[4].body.contains("too much to do"), "{}", answers[4].body);
    let mut events = edge.audit.take();
    events.retain(|event| event.name == EventName::LimitReached);
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((event.endpoint, event.reason), (Some("operator"), Some("pages of operators at once")));
    assert!(event.owner.is_some());
    assert_eq!(browser.get(&edge, "/operator").await.status, 200, "the places are free again");
}

#[tokio::test]
async fn a_place_in_the_list_that_was_not_given_out_is_the_first_page() {
    let (edge, mut browser) = (edge(), Browser::default());
    edge.register().await.unwrap();
    browser.operator(&edge).await;
    for from in ["1", "used:", "x.y.z"] {
        let page = browser.get(&edge, &format!("/operator?from={from}")).await;
        assert!(page.status == 200 && page.body.contains("Known since"), "{from}");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_in_this_browser() {
    let (edge, mut browser) = (edge(), Browser::default());
    let page = browser.operator(&edge).await;
    assert_eq!(click(&edge, &mut browser, &page, &[("action", "sign-out")]).await.status, 302);
    assert!(browser.get(&edge, "/operator").await.body.contains("Sign in with Microsoft"));
}

#[tokio::test]
async fn without_the_store_the_page_is_an_outage_and_nothing_is_decided() {
    let (edge, mut browser) = (edge(), Browser::default());
    let client_id = edge.register().await.unwrap();
    let page = browser.operator(&edge).await;
    edge.set_store_down(true);
    assert_eq!(browser.get(&edge, "/operator").await.status, 503);
    assert_eq!(click(&edge, &mut browser, &page, &borrowed(&block(&client_id))).await.status, 503);
    edge.set_store_down(false);
    assert!(!is_blocked(&edge));
}

#[tokio::test]
async fn a_decision_that_did_not_take_effect_is_an_outage_and_the_list_says_so() {
    let (edge, mut browser) = (edge(), Browser::default());
    let client_id = edge.register().await.unwrap();
    let page = browser.operator(&edge).await;
    let uncertain = "It may not have taken effect.";
    edge.block_store.set_down(true);
    assert_eq!(click(&edge, &mut browser, &page, &borrowed(&block(&client_id))).await.status, 503);
    edge.block_store.set_down(false);
    let listed = browser.get(&edge, "/operator").await.body;
    assert!(listed.contains(uncertain) && !listed.contains("Blocked."), "{listed}");
    assert_eq!(click(&edge, &mut browser, &page, &borrowed(&block(&client_id))).await.status, 302, "the same form");
    let listed = browser.get(&edge, "/operator").await.body;
    assert!(!listed.contains(uncertain) && listed.contains("Blocked."), "{listed}");
}

const NO_DECISIONS: &str = "No decisions here.";

/// The page to which "Earlier decisions" leads.
async fn earlier(edge: &Edge, browser: &mut Browser, page: &Answer) -> Answer {
    let (_, rest) = page.body.split_once("href=\"/operator?").unwrap();
    let query = driver::browser::unescaped(rest.split('"').next().unwrap());
    browser.get(edge, &format!("/operator?{}", query.trim_end_matches("#records"))).await
}

#[tokio::test]
async fn decisions_of_operators_come_in_pages() {
    let (edge, mut browser) = (edge(), Browser::default());
    browser.operator(&edge).await;
    let decisions = |page: &Answer| (page.body.matches(" blocked <bdi>").count(), page.body.contains(NO_DECISIONS));
    assert_eq!(decisions(&browser.get(&edge, "/operator").await), (0, true));
    for number in 0..=testkit::ON_A_PAGE {
        let page = browser.get(&edge, "/operator").await;
        if number == testkit::ON_A_PAGE {
            assert_eq!(decisions(&page), (testkit::ON_A_PAGE, false));
            assert_eq!(
                decisions(&earlier(&edge, &mut browser, &page).await),
                (0, true),
                "where the list ends with a page"
            );
        }
        let typed = [("action", "block"), ("kind", "redirect-host"), ("value", "client.example")];
        assert_eq!(click(&edge, &mut browser, &page, &typed).await.status, 302);
        edge.clock.advance(Duration::SECOND);
    }
    let newest = browser.get(&edge, "/operator").await;
    let earlier = earlier(&edge, &mut browser, &newest).await;
    assert_eq!((decisions(&newest), decisions(&earlier)), ((testkit::ON_A_PAGE, false), (1, false)));
    assert!(!earlier.body.contains("Earlier decisions"));
}
