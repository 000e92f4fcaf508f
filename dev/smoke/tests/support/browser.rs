//! As much of a browser as the consent page needs: cookies of one origin, the Origin of its forms, a page that refreshes.

use std::collections::BTreeMap;

use reqwest::{Client, RequestBuilder, Response, Url, header, redirect};

/// Allows everything, and ends at the client's redirect URI.
pub(crate) async fn sign_in(authorize: &str) {
    let mut browser = Browser::at(authorize);
    let page = browser.send(browser.http.get(authorize)).await.text().await.unwrap();
    let form = [
        ("request", between(&page, "name=\"request\" value=\"")),
        ("csrf", between(&page, "name=\"csrf\" value=\"")),
        ("decision", "allow".to_owned()),
    ];
    let post = browser.http.post(format!("{}/consent", browser.origin)).header(header::ORIGIN, &browser.origin);
    let page = browser.send(post.form(&form)).await.text().await.unwrap();
    let entra = between(&page, "content=\"0; url=").replace("&#38;", "&").replace("&amp;", "&");
    let callback = location(&browser.http.get(entra).send().await.unwrap());
    let client = location(&browser.send(browser.http.get(callback)).await);
    browser.http.get(client).send().await.unwrap();
}

struct Browser {
    http: Client,
    origin: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn at(url: &str) -> Self {
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self { http, origin: Url::parse(url).unwrap().origin().ascii_serialization(), cookies: BTreeMap::new() }
    }

    async fn send(&mut self, request: RequestBuilder) -> Response {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(header::COOKIE, cookies.join("; ")).send().await.unwrap();
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

fn location(answer: &Response) -> String {
    answer.headers().get(header::LOCATION).unwrap_or_else(|| panic!("{answer:?}")).to_str().unwrap().to_owned()
}

fn between(page: &str, before: &str) -> String {
    let start = page.find(before).unwrap_or_else(|| panic!("no {before} in {page}")) + before.len();
    page[start..].split('"').next().unwrap().to_owned()
}
