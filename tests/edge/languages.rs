//! Pages in the language of their reader. What programs read is English.

use std::collections::BTreeSet;

use driver::browser::between;
use http::{Method, header};

use crate::{
    browser::{Browser, authorize},
    pages::every_page,
    rig::{Answer, Edge, empty, form, request},
};

/// A header as browsers send it, and what the page then is.
const LANGUAGES: [(&str, &str, &str); 6] = [
    ("en-GB,en;q=0.9", "en", "ltr"),
    ("de-AT,de;q=0.9,en;q=0.8", "de", "ltr"),
    ("fr-CH, fr;q=0.9, en;q=0.8, *;q=0.5", "fr", "ltr"),
    ("pt;q=0.9,es;q=0.8,en;q=0.7", "es", "ltr"),
    ("ja", "ja", "ltr"),
    ("ar-EG,ar", "ar", "rtl"),
];

/// Words that are written alike in English and another language.
const ALIKE: [&str; 1] = ["Applications"];

/// The texts of a page that are no values: values are in `bdi` elements.
fn texts(page: &str) -> BTreeSet<String> {
    let (mut texts, mut values) = (BTreeSet::new(), 0);
    for part in page.split_once("<title>").unwrap().1.split('<') {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        match tag.split(' ').next() {
            Some("bdi") => values += 1,
            Some("/bdi") => values -= 1,
            Some("style") => continue,
            _ => {}
        }
        if values == 0 && text.contains(char::is_alphabetic) {
            texts.insert(text.trim().to_owned());
        }
    }
    texts
}

fn assert_language(page: &Answer, language: &str, direction: &str, name: &str) {
    let tag = format!("<html lang=\"{language}\" dir=\"{direction}\">");
    assert!(page.body.contains(&tag), "{name}: {}", page.body);
    assert_eq!(page.header("content-language"), language, "{name}");
    assert_eq!(page.header("vary"), "accept-language", "{name}");
}

/// One of each page, and of the refusals that need no more than a request.
async fn all_pages(languages: &'static str) -> Vec<(&'static str, Answer)> {
    let edge = Edge::read_in(languages);
    let mut pages = every_page(&edge).await;
    for (name, path) in [
        ("no query", "/authorize?a=%zz"),
        ("no client", "/authorize"),
        ("unknown sign-in", "/oauth-callback?state=nothing"),
        ("after admin consent", "/oauth-callback?admin_consent=True&tenant=5f0c3f1e-1d6a-4c2b-8f59-0e7a3c9d2b41"),
        ("no confirmation", "/consent"),
    ] {
        pages.push((name, edge.get(path).await));
    }
    pages.push(("foreign form", edge.post("/consent", &[("decision", "allow")]).await));
    pages.push(("foreign click", edge.post("/connections", &[("action", "sign-out")]).await));
    pages.push(("foreign action", edge.post("/operator", &[("action", "sign-out")]).await));
    let too_large = form(Browser::default().form("/consent"), &[("request", &"a".repeat(20_000))]);
    pages.push(("too large", edge.send(too_large).await));
    edge.set_store_down(true);
    pages.push(("unavailable", edge.get(&authorize("AAAAAAAAAAAAAAAAAAAAAA", &[])).await));
    pages
}

#[tokio::test]
async fn every_page_is_in_the_language_of_its_reader_and_no_word_of_it_in_english() {
    let english: BTreeSet<String> = all_pages("").await.iter().flat_map(|(_, page)| texts(&page.body)).collect();
    assert!(english.len() > 80, "{english:?}");
    for (languages, language, direction) in LANGUAGES {
        for (name, page) in all_pages(languages).await {
            assert_language(&page, language, direction, name);
            let texts = texts(&page.body);
            let untranslated: Vec<_> =
                texts.intersection(&english).filter(|text| !ALIKE.contains(&text.as_str())).collect();
            assert_eq!(untranslated.is_empty(), language != "en", "{language}, {name}: {untranslated:?}");
            assert!(
                !page.body.contains(['\u{2068}', '\u{2069}']) && !page.body.contains("{$"),
                "{name}: {}",
                page.body
            );
        }
    }
}

#[tokio::test]
async fn a_reader_whose_language_is_not_spoken_here_reads_english() {
    let edge = Edge::new();
    let refused = "zh, de;q=0, *;q=0.1";
    let page = edge.send(empty(request(Method::GET, "/connections").header(header::ACCEPT_LANGUAGE, refused))).await;
    assert_language(&page, "en", "ltr", refused);
    assert_language(&edge.get("/connections").await, "en", "ltr", "no header");
}

#[tokio::test]
async fn the_head_of_a_page_names_its_language() {
    let edge = Edge::new();
    let head = request(Method::HEAD, "/connections").header(header::ACCEPT_LANGUAGE, "ar");
    let head = edge.send(empty(head)).await;
    assert_eq!((head.status, head.header("content-language"), head.header("vary")), (200, "ar", "accept-language"));
    assert_eq!((head.header("x-frame-options"), head.body.as_str()), ("DENY", ""));
}

#[tokio::test]
async fn a_page_of_too_many_requests_is_in_the_language_of_its_reader() {
    let edge = Edge::read_in("de");
    let mut last = edge.get("/authorize").await;
    while last.status != 429 {
        last = edge.get("/authorize").await;
    }
    assert_language(&last, "de", "ltr", "429");
    assert_eq!(between(&last.body, "<h1>", "</h1>"), "Zu viele Anfragen");
}

#[tokio::test]
async fn answers_for_programs_are_english_in_every_language() {
    let (english, arabic) = (Edge::new(), Edge::read_in("ar"));
    for path in ["/token", "/register", "/revoke", "/mcp"] {
        let (expected, answer) = (english.post(path, &[]).await, arabic.post(path, &[]).await);
        assert_eq!((answer.status, &answer.body), (expected.status, &expected.body), "{path}");
        assert_eq!(answer.header("content-language"), "", "{path}");
    }
}
