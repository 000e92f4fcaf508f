//! The console: each switch, pressed as a browser presses it, has the effect that the product meets.

use local_tenant::Recorded;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::support::{Local, Pairs, assert_refused, pairs};

const USER_READ: &str = "https://graph.microsoft.com/User.Read";
const ALICE: &str = "Alice Adams";

/// The page.
async fn page(local: &Local) -> String {
    let page = local.http.get(local.tenant.base_url()).send().await.unwrap();
    assert_eq!(page.status(), 200);
    page.text().await.unwrap()
}

/// The hidden fields of the form with this button.
fn fields(page: &str, label: &str, about: &str) -> Pairs {
    let button = format!("aria-label=\"{label}: {about}\"");
    let form = page.split("<form ").find(|form| form.contains(&button));
    let form = form.ok_or_else(|| format!("there is no button {button} in {page}")).unwrap();
    let inputs = form.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        let escaped = rest.split_once('"').unwrap().0;
        let entities = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
        let value = entities.iter().fold(escaped.to_owned(), |text, (entity, is)| text.replace(entity, is));
        (name.to_owned(), value)
    });
    inputs.collect()
}

/// A form that a browser sends from the console itself.
fn sent(local: &Local, form: &Pairs) -> RequestBuilder {
    let origin = local.tenant.base_url();
    local.http.post(format!("{origin}/")).header("origin", origin).form(form)
}

async fn press(local: &Local, label: &str, about: &str) {
    let answer = sent(local, &fields(&page(local).await, label, about)).send().await.unwrap();
    assert_eq!(answer.status(), 303, "{label}: {about}: {}", answer.text().await.unwrap());
}

fn text<'a>(answer: &'a Value, member: &str) -> &'a str {
    answer[member].as_str().unwrap()
}

async fn refreshed(local: &Local, tokens: &Value) -> (StatusCode, Value) {
    let scope = format!("{} offline_access", local.middle_tier());
    let grant = [("grant_type", "refresh_token"), ("refresh_token", text(tokens, "refresh_token")), ("scope", &scope)];
    local.token(&grant).await
}

async fn exchanged(local: &Local, tokens: &Value) -> (StatusCode, Value) {
    local.exchange(text(tokens, "access_token"), USER_READ).await
}

async fn graph_token(local: &Local, tokens: &Value) -> String {
    text(&exchanged(local, tokens).await.1, "access_token").to_owned()
}

async fn graph(local: &Local, path: &str, token: &str) -> Response {
    local.http.get(format!("{}{path}", local.tenant.base_url())).bearer_auth(token).send().await.unwrap()
}

fn challenge(answer: &Response) -> &str {
    answer.headers()["www-authenticate"].to_str().unwrap()
}

#[tokio::test]
async fn the_page_shows_the_users_without_a_script() {
    let local = Local::start().await;
    let answer = local.http.get(local.tenant.base_url()).send().await.unwrap();
    let policies: Vec<_> = answer.headers().get_all("content-security-policy").iter().collect();
    assert!(policies.iter().any(|policy| policy.to_str().unwrap().starts_with("default-src 'none'")), "{policies:?}");
    assert!(policies.iter().any(|policy| *policy == "form-action 'self'"), "{policies:?}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let page = answer.text().await.unwrap();
    for shown in [ALICE, "bob@contoso.example", "ليلى حداد", "not signed in", "assigned as Admin", "Entra: works"]
    {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains(local.tenant.control_token()), "the page does not tell the token of the control API");
    assert_eq!(local.tenant.requests(), [], "the console is no request to Entra or Graph");
}

#[tokio::test]
async fn it_reloads_only_if_asked() {
    let local = Local::start().await;
    let refresh = async |path: &str| {
        let answer = local.http.get(format!("{}{path}", local.tenant.base_url())).send().await.unwrap();
        answer.headers().get("refresh").map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!((refresh("/").await, refresh("/?reload").await), (None, Some("5; url=/?reload".to_owned())));
}

#[tokio::test]
async fn conditional_access_is_turned_on_and_off() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    press(&local, "Turn on", "Conditional Access on Graph").await;
    assert_refused(&exchanged(&local, &tokens).await, (400, "invalid_grant", 50076));
    press(&local, "Turn off", "Conditional Access on Graph").await;
    assert_eq!(exchanged(&local, &tokens).await.0, 200);
}

#[tokio::test]
async fn a_blocked_user_is_refused_everywhere_until_unblocked() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    let graph_token = graph_token(&local, &tokens).await;
    press(&local, "Block", ALICE).await;
    assert!(page(&local).await.contains(", blocked,"));
    for refused in [refreshed(&local, &tokens).await, exchanged(&local, &tokens).await] {
        assert_refused(&refused, (400, "invalid_grant", 50057));
    }
    let refused = graph(&local, "/v1.0/me", &graph_token).await;
    assert!(refused.status() == 401 && challenge(&refused).contains("insufficient_claims"));
    let page = local.authorize(&local.authorization()).await;
    assert_eq!(page.status(), 400);
    assert!(page.text().await.unwrap().contains("AADSTS50057: The user account is disabled."));
    press(&local, "Unblock", ALICE).await;
    assert_eq!(refreshed(&local, &tokens).await.0, 200);
    assert_eq!(graph(&local, "/v1.0/me", &graph_token).await.status(), 200);
}

#[tokio::test]
async fn a_user_who_is_not_assigned_is_refused_where_assignment_is_required() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    press(&local, "Remove assignment", ALICE).await;
    assert_eq!(refreshed(&local, &tokens).await.0, 200);
    press(&local, "Turn on", "Assignment required").await;
    assert_refused(&refreshed(&local, &tokens).await, (400, "invalid_grant", 50105));
    let page = local.authorize(&local.authorization()).await.text().await.unwrap();
    assert!(page.contains("AADSTS50105"), "{page}");
    press(&local, "Assign", ALICE).await;
    assert_eq!(refreshed(&local, &tokens).await.0, 200);
}

#[tokio::test]
async fn a_withdrawn_consent_ends_exchanges_unless_an_administrator_consented() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    press(&local, "Withdraw consent", ALICE).await;
    assert_refused(&exchanged(&local, &tokens).await, (400, "invalid_grant", 65001));
    assert!(!page(&local).await.contains("Withdraw consent: "), "there is nothing left to withdraw");
    press(&local, "Turn on", "Consent for the tenant").await;
    assert_eq!(exchanged(&local, &tokens).await.0, 200);
    press(&local, "Turn off", "Consent for the tenant").await;
    assert_refused(&exchanged(&local, &tokens).await, (400, "invalid_grant", 65001));
}

#[tokio::test]
async fn revoked_sessions_need_a_new_sign_in_which_may_follow_at_once() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    let old = graph_token(&local, &tokens).await;
    assert!(page(&local).await.contains("signed in, newest token at "));
    press(&local, "Revoke sessions", ALICE).await;
    for refused in [refreshed(&local, &tokens).await, exchanged(&local, &tokens).await] {
        assert_refused(&refused, (400, "invalid_grant", 50173));
    }
    let refused = graph(&local, "/v1.0/me", &old).await;
    assert!(refused.status() == 401 && challenge(&refused).contains("insufficient_claims"));
    assert!(page(&local).await.contains("not signed in, not blocked, assigned as Admin"));
    let again = local.sign_in().await;
    assert_eq!(refreshed(&local, &again).await.0, 200);
    assert_eq!(graph(&local, "/v1.0/me", &graph_token(&local, &again).await).await.status(), 200);
}

#[tokio::test]
async fn revoked_sessions_stay_revoked_after_a_restart_and_an_account_stays_blocked() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    press(&local, "Revoke sessions", ALICE).await;
    press(&local, "Block", "Bob Brown").await;
    let local = local.restart().await;
    assert_refused(&refreshed(&local, &tokens).await, (400, "invalid_grant", 50173));
    press(&local, "Unblock", "Bob Brown").await;
}

#[tokio::test]
async fn tokens_for_graph_end_at_once_and_an_exchange_gives_another() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    let old = graph_token(&local, &tokens).await;
    press(&local, "End now", "tokens for Graph").await;
    let refused = graph(&local, "/v1.0/me", &old).await;
    assert!(refused.status() == 401 && !challenge(&refused).contains("claims"));
    assert_eq!(graph(&local, "/v1.0/me", &graph_token(&local, &tokens).await).await.status(), 200);
}

#[tokio::test]
async fn graph_is_down_on_every_path_until_it_works_again() {
    let local = Local::silent().await;
    let token = graph_token(&local, &local.sign_in().await).await;
    press(&local, "Down", "Graph").await;
    for path in ["/v1.0/me", "/v1.0/me", "/v1.0/me/messages", "/beta/me"] {
        assert_eq!(graph(&local, path, &token).await.status(), 503, "{path}");
    }
    assert!(page(&local).await.contains("Graph: is down"));
    press(&local, "Works", "Graph").await;
    assert_eq!(graph(&local, "/v1.0/me", &token).await.status(), 200);
}

#[tokio::test]
async fn entra_is_down_for_the_server_and_for_browsers() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    let form = local.form(&[("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))]).await;
    press(&local, "Down", "Entra").await;
    assert_eq!(local.http.post(local.url("oauth2/v2.0/token")).form(&form).send().await.unwrap().status(), 503);
    let page = local.authorize(&local.authorization()).await;
    assert_eq!(page.status(), 503);
    assert!(page.text().await.unwrap().contains("Our services aren't available right now"));
    for path in ["discovery/v2.0/keys", "v2.0/.well-known/openid-configuration"] {
        assert_eq!(local.http.get(local.url(path)).send().await.unwrap().status(), 503, "{path}");
    }
    press(&local, "Works", "Entra").await;
    assert_eq!(refreshed(&local, &tokens).await.0, 200);
}

#[tokio::test]
async fn the_identity_endpoint_is_down() {
    let local = Local::start().await;
    press(&local, "Down", "Identity endpoint").await;
    let asked = local.http.get(local.setting("IDENTITY_ENDPOINT")).send().await.unwrap();
    assert_eq!(asked.status(), 503);
}

#[tokio::test]
async fn a_slow_service_answers_late_and_rightly() {
    let local = Local::start().await;
    press(&local, "Down", "Entra").await;
    press(&local, "Slow", "Entra").await;
    assert!(page(&local).await.contains("Entra: is slow"));
    tokio::time::pause();
    let before = tokio::time::Instant::now();
    let answer = local.http.get(local.url("discovery/v2.0/keys")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(before.elapsed().as_secs() >= 4, "{:?}", before.elapsed());
}

#[tokio::test]
async fn everything_is_put_back_but_sessions_and_own_consents() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    for (label, about) in [
        ("Turn on", "Conditional Access on Graph"),
        ("Remove assignment", ALICE),
        ("Turn on", "Assignment required"),
        ("Block", ALICE),
        ("Down", "Graph"),
        ("Turn on", "Consent for the tenant"),
    ] {
        press(&local, label, about).await;
    }
    assert_ne!(exchanged(&local, &tokens).await.0, 200);
    press(&local, "Put back", "everything").await;
    let token = graph_token(&local, &tokens).await;
    assert_eq!(graph(&local, "/v1.0/me", &token).await.status(), 200);
    let page = page(&local).await;
    assert!(page.contains("not blocked, assigned as Admin, has consented"), "{page}");
    assert!(page.contains("Consent for the tenant: off"), "{page}");
}

#[tokio::test]
async fn the_last_requests_are_told_in_plain_words_with_their_answers() {
    let local = Local::silent().await;
    let tokens = local.sign_in().await;
    let token = graph_token(&local, &tokens).await;
    assert_eq!(graph(&local, "/v1.0/me", &token).await.status(), 200);
    press(&local, "Turn on", "Conditional Access on Graph").await;
    assert_eq!(exchanged(&local, &tokens).await.0, 400);
    let page = page(&local).await;
    let newest_first = [
        "The server asked for a token for https://graph.microsoft.com/User.Read on behalf of Alice Adams.",
        "Refused: Conditional Access asks for a second factor (AADSTS50076).",
        "The server asked Graph for the profile of Alice Adams.",
        "Answered.",
        "The server redeemed the code of the sign-in of Alice Adams.",
        "The server asked the identity endpoint for a token for api://AzureADTokenExchange.",
        "A browser opened the sign-in page of remote-auth-mcp.",
        "The browser went back to the app, with a code.",
    ];
    let mut rest = page.as_str();
    for words in newest_first {
        let (_, after) = rest.split_once(words).unwrap_or_else(|| panic!("{words} does not follow in {page}"));
        rest = after;
    }
    for secret in [text(&tokens, "refresh_token"), text(&tokens, "access_token"), &token] {
        assert!(!page.contains(secret), "a token is on the page");
    }
}

/// The endpoints that failed: the console must not have changed anything.
async fn graph_works(local: &Local) {
    assert!(page(local).await.contains("Graph: works"));
}

#[tokio::test]
async fn another_host_or_origin_is_refused() {
    let local = Local::start().await;
    let (base, form) = (local.tenant.base_url(), fields(&page(&local).await, "Down", "Graph"));
    let port = base.rsplit(':').next().unwrap();
    let foreign_host = format!("attacker.example:{port}");
    for host in [foreign_host.as_str(), "localhost.attacker.example", "127.0.0.1@attacker.example", "128.0.0.1"] {
        let asked = local.http.get(base).header("host", host).send().await.unwrap();
        assert_eq!(asked.status(), 403, "{host}");
        let origin = format!("http://{host}");
        let changed = local.http.post(base).header("host", host).header("origin", origin).form(&form);
        assert_eq!(changed.send().await.unwrap().status(), 403, "{host}");
    }
    let other_port = "http://localhost:1".to_owned();
    let https = base.replace("http:", "https:");
    for origin in ["https://attacker.example", "null", "", &other_port, &https] {
        let changed = local.http.post(base).header("origin", origin).form(&form);
        assert_eq!(changed.send().await.unwrap().status(), 403, "{origin}");
        let read = local.http.get(base).header("origin", origin);
        assert_eq!(read.send().await.unwrap().status(), 403, "{origin}");
    }
    let both = local.http.post(base).header("origin", base).header("origin", "https://attacker.example");
    assert_eq!(both.form(&form).send().await.unwrap().status(), 403);
    assert_eq!(local.http.post(base).form(&form).send().await.unwrap().status(), 403, "no Origin");
    graph_works(&local).await;
    for name in [format!("127.0.0.1:{port}"), format!("LOCALHOST:{port}"), format!("[::1]:{port}")] {
        let own = local.http.get(base).header("host", &name).header("origin", format!("http://{name}"));
        assert_eq!(own.send().await.unwrap().status(), 200, "{name}");
    }
}

#[tokio::test]
async fn a_form_that_the_console_did_not_make_is_refused() {
    let local = Local::start().await;
    let form = fields(&page(&local).await, "Down", "Graph");
    let with = |name: &str, value: &str| crate::support::set(form.clone(), name, Some(value));
    for (form, status, reason) in [
        (with("token", "guessed"), 403, "earlier start"),
        (with("token", ""), 403, "earlier start"),
        (with("path", "/v1.0/me"), 400, "names no call"),
        (with("path", "/_control/nonsense"), 404, "knows no such call"),
        (with("place", "//attacker.example"), 400, "names no call"),
        (with("body", "{}"), 400, "missing field"),
        (pairs(&[("token", "a"), ("token", "b")]), 400, "cannot be read"),
    ] {
        let answer = sent(&local, &form).send().await.unwrap();
        assert_eq!(answer.status(), status, "{form:?}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("Nothing was changed.") && page.contains(reason), "{page}");
    }
    graph_works(&local).await;
    assert!(local.tenant.requests().iter().all(|request: &Recorded| request.path != "/"));
}
