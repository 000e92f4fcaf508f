//! A browser, for tests: cookies by name, and the Origin of its forms. (A real one is in dev/e2e.)

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;

use reqwest::{RequestBuilder, Response, Url, header};

use crate::{Server, oauth};

/// The user of a browser unless a test says otherwise.
pub const USER: &str = "bob@contoso.example";
/// The client's redirect URI. Nothing listens there: the browser of the tests only reads the URL.
pub const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";
/// RFC 7636 appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Of [`VERIFIER`].
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A browser of one person.
pub struct Browser {
    /// Name and value.
    pub cookies: BTreeMap<String, String>,
    /// The user that the person chooses on Entra's page.
    pub user: &'static str,
}

impl Default for Browser {
    fn default() -> Self {
        Self { cookies: BTreeMap::new(), user: USER }
    }
}

/// The consent page, as far as its form goes.
pub struct ConsentForm {
    /// The sealed request.
    pub request: String,
    /// The token against forged forms.
    pub csrf: String,
}

/// The URL of the redirect to the client.
pub struct Redirect(pub Url);

impl Redirect {
    /// A parameter, if it is there once.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let mut values = self.0.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let value = values.next();
        assert!(values.next().is_none(), "{name} occurs twice in {}", self.0);
        value
    }
}

/// A client's tokens.
pub struct Tokens {
    /// The client.
    pub client_id: String,
    /// For the resource.
    pub access_token: String,
    /// For the token endpoint.
    pub refresh_token: String,
}

impl Browser {
    /// Keeps the cookies of an answer.
    pub fn keep(&mut self, server: &Server, answer: &Response) {
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            server.issued(value);
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn cookie_header(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Follows a link of another site.
    pub async fn get(&mut self, server: &Server, url: &str) -> Response {
        self.visit(server, url, "cross-site").await
    }

    /// As a person who typed the address, or as a link of another site: Sec-Fetch-Site says which.
    pub async fn visit(&mut self, server: &Server, url: &str, site: &str) -> Response {
        let answer = self.navigation(server, url, site).send().await.unwrap();
        self.keep(server, &answer);
        answer
    }

    /// The request of [`Browser::visit`].
    pub fn navigation(&self, server: &Server, url: &str, site: &str) -> RequestBuilder {
        let request = server.http.get(url).header("sec-fetch-site", site);
        if url.starts_with(&server.url) { request.header(header::COOKIE, self.cookie_header()) } else { request }
    }

    /// Opens the consent page.
    pub async fn authorize(&mut self, server: &Server, client_id: &str) -> ConsentForm {
        self.consent_page(server, client_id, &[]).await
    }

    async fn consent_page(&mut self, server: &Server, client_id: &str, changes: &[(&str, &str)]) -> ConsentForm {
        let answer = self.get(server, &authorize_url(server, client_id, changes)).await;
        assert_eq!(answer.status(), 200);
        consent_form(&answer.text().await.unwrap())
    }

    /// Sends the consent form as the page would.
    pub async fn decide(&mut self, server: &Server, form: &ConsentForm, decision: &str) -> Response {
        let fields = [("request", form.request.as_str()), ("csrf", &form.csrf), ("decision", decision)];
        self.post(server, "/consent", &fields).await
    }

    /// Allows, and follows the page to Entra and Entra's answer; the URL of the callback, not yet visited.
    pub async fn allow(&mut self, server: &Server, form: &ConsentForm) -> String {
        let page = self.decide(server, form, "allow").await;
        assert_eq!(page.status(), 200);
        self.choose_account(server, &refresh_target(&page.text().await.unwrap())).await
    }

    /// Entra's page: chooses this browser's user; the URL of the callback, not yet visited.
    pub async fn choose_account(&self, server: &Server, sign_in: &str) -> String {
        let page = server.http.get(sign_in).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let (origin, page) = (page.url().origin().ascii_serialization(), page.text().await.unwrap());
        let action = between(&page, "action=\"", "\"");
        let request = between(&page, "name=\"request\" value=\"", "\"");
        let user = local_tenant::user(self.user).unwrap();
        let form = [("request", request.as_str()), ("user", user.oid)];
        let answer = server.http.post(format!("{origin}{action}")).form(&form).send().await.unwrap();
        if answer.status() != 200 {
            return location(&answer);
        }
        // A policy asks for a second factor.
        let request = between(&answer.text().await.unwrap(), "name=\"request\" value=\"", "\"");
        let form = [("request", request.as_str()), ("user", user.oid), ("second_factor", "approved")];
        location(&server.http.post(format!("{origin}{action}")).form(&form).send().await.unwrap())
    }

    /// A form of ours, as the page would send it.
    pub async fn post(&mut self, server: &Server, path: &str, fields: &[(&str, &str)]) -> Response {
        let answer = self.form(server, path, fields).send().await.unwrap();
        self.keep(server, &answer);
        answer
    }

    /// The request of [`Browser::post`].
    pub fn form(&self, server: &Server, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let request = server.post(path).form(&fields).header(header::COOKIE, self.cookie_header());
        request.header(header::ORIGIN, &server.url).header("sec-fetch-site", "same-origin")
    }

    /// From registration to the client's redirect.
    pub async fn sign_in(&mut self, server: &Server, client_id: &str) -> Redirect {
        let form = self.authorize(server, client_id).await;
        self.finish(server, &form).await
    }

    /// From registration to the client's tokens of this scope.
    pub async fn tokens(&mut self, server: &Server, client_id: &str, scope: &str) -> Tokens {
        let form = self.consent_page(server, client_id, &[("scope", scope)]).await;
        let redirect = self.finish(server, &form).await;
        let (status, answer) = server.token(&redemption(client_id, &redirect.get("code").unwrap())).await;
        assert_eq!((status, answer["scope"].as_str()), (200, Some(scope)), "{answer}");
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        let (access_token, refresh_token) = (text("access_token"), text("refresh_token"));
        Tokens { access_token, refresh_token, client_id: client_id.to_owned() }
    }

    /// Allows, signs in, once more if Entra demands it, and comes back to the client.
    async fn finish(&mut self, server: &Server, form: &ConsentForm) -> Redirect {
        let callback = self.allow(server, form).await;
        let mut answer = self.get(server, &callback).await;
        assert_eq!(answer.status(), 302);
        if location(&answer).contains("/oauth2/v2.0/authorize?") {
            let callback = self.choose_account(server, &location(&answer)).await;
            answer = self.get(server, &callback).await;
            assert_eq!(answer.status(), 302);
        }
        let redirect = Redirect(Url::parse(&location(&answer)).unwrap());
        server.issued(&redirect.get("code").unwrap_or_default());
        redirect
    }
}

/// The whole flow in a new browser.
pub async fn tokens(server: &Server) -> Tokens {
    tokens_for(server, "user.read").await
}

/// The same, for this scope.
pub async fn tokens_for(server: &Server, scope: &str) -> Tokens {
    let client_id = server.register().await;
    Browser::default().tokens(server, &client_id, scope).await
}

/// The form that redeems a code of this browser's authorization URLs.
#[must_use]
pub fn redemption<'a>(client_id: &'a str, code: &'a str) -> [(&'static str, &'a str); 5] {
    oauth::redemption(client_id, code, REDIRECT_URI, VERIFIER)
}

/// The authorization URL with some parameters changed; an empty value drops one.
#[must_use]
pub fn authorize_url(server: &Server, client_id: &str, changes: &[(&str, &str)]) -> String {
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", REDIRECT_URI),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("state", "client state/+&"),
        ("scope", "user.read"),
    ];
    for (name, value) in changes {
        parameters.retain(|(other, _)| other != name);
        if !value.is_empty() {
            parameters.push((name, value));
        }
    }
    Url::parse_with_params(&format!("{}/authorize", server.url), parameters).unwrap().into()
}

/// The Location of an answer.
#[must_use]
pub fn location(answer: &Response) -> String {
    let location = answer.headers().get(header::LOCATION);
    location.unwrap_or_else(|| panic!("no Location in {answer:?}")).to_str().unwrap().to_owned()
}

/// The form of the consent page.
#[must_use]
pub fn consent_form(html: &str) -> ConsentForm {
    ConsentForm {
        request: between(html, "name=\"request\" value=\"", "\""),
        csrf: between(html, "name=\"csrf\" value=\"", "\""),
    }
}

/// The URL to which a page leads by itself.
#[must_use]
pub fn refresh_target(html: &str) -> String {
    unescaped(&between(html, "content=\"0; url=", "\""))
}

/// The text between two others.
#[must_use]
pub fn between(text: &str, before: &str, after: &str) -> String {
    let start = text.find(before).unwrap_or_else(|| panic!("no {before} in {text}")) + before.len();
    text[start..].split(after).next().unwrap().to_owned()
}

/// Undoes the template's escaping of attributes.
#[must_use]
pub fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&").replace("&#60;", "<").replace("&#34;", "\"").replace("&#39;", "'")
}
