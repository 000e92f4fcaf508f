//! Denials that are remembered, and undone.

use serde_json::json;

use crate::{
    browser::{Browser, authorize_url, consent_form, location},
    deployment::{Deployment, body},
};

#[tokio::test]
async fn a_denied_client_gets_a_page_and_no_question() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    browser.decide(&server, &form, "deny").await;
    for changes in [&[][..], &[("prompt", "consent")], &[("prompt", "login")]] {
        let answer = browser.get(&server, &authorize_url(&server, &client_id, changes)).await;
        assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (200, None));
        let page = answer.text().await.unwrap();
        assert!(page.contains("You denied access") && !page.contains(">Allow</button>"), "{page}");
    }
    let other = server.register().await;
    let page = browser.get(&server, &authorize_url(&server, &other, &[])).await.text().await.unwrap();
    assert!(page.contains("You denied an application with this name today"), "{page}");
    assert!(!page.contains(">Allow</button>") && page.contains(">Review</button>") && page.contains(">Deny</button>"));
    assert!(!page.contains("http-equiv"), "it returns nowhere by itself");
    let form = consent_form(&page);
    assert!(browser.decide(&server, &form, "review").await.text().await.unwrap().contains(">Allow</button>"));
}

#[tokio::test]
async fn undo_asks_again_under_a_new_transaction() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let denied = consent_form(&browser.decide(&server, &form, "deny").await.text().await.unwrap());
    let page = browser.decide(&server, &denied, "undo").await.text().await.unwrap();
    assert!(page.contains(">Allow</button>"));
    let asked = consent_form(&page);
    assert_ne!(asked.request, denied.request);
    let callback = browser.allow(&server, &asked).await;
    assert!(location(&browser.get(&server, &callback).await).contains("code="));
    let page = browser.get(&server, &authorize_url(&server, &client_id, &[])).await.text().await.unwrap();
    assert!(page.contains("You allowed"));
}

#[tokio::test]
async fn the_form_of_a_denial_allows_nothing() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let form = browser.authorize(&server, &client_id).await;
    let denied = consent_form(&browser.decide(&server, &form, "deny").await.text().await.unwrap());
    for decision in ["allow", "switch", "deny"] {
        assert_eq!(browser.decide(&server, &denied, decision).await.status(), 403, "{decision}");
    }
    let asked = browser.decide(&server, &denied, "undo").await;
    let asked = consent_form(&asked.text().await.unwrap());
    assert_eq!(browser.decide(&server, &asked, "undo").await.status(), 403);
}

#[tokio::test]
async fn only_a_trusted_target_is_returned_to_by_itself() {
    let server = Deployment::start().await;
    for (uri, by_itself) in
        [("http://127.0.0.1:1/cb", true), ("https://stranger.example/cb", false), ("cursor://x/cb", false)]
    {
        let metadata = json!({ "redirect_uris": [uri] });
        let client = body(server.post("/register").json(&metadata).send().await.unwrap()).await;
        let mut browser = Browser::default();
        let url = authorize_url(&server, client["client_id"].as_str().unwrap(), &[("redirect_uri", uri)]);
        let form = consent_form(&browser.get(&server, &url).await.text().await.unwrap());
        let answer = browser.decide(&server, &form, "deny").await;
        assert_eq!(answer.headers().contains_key("refresh"), by_itself, "{uri}");
        assert!(answer.text().await.unwrap().contains("error=access_denied"));
    }
}

#[tokio::test]
async fn allowing_in_another_tab_takes_the_denial_back() {
    let server = Deployment::start().await;
    let client_id = server.register().await;
    let mut browser = Browser::default();
    let (first, second) = (browser.authorize(&server, &client_id).await, browser.authorize(&server, &client_id).await);
    browser.decide(&server, &first, "deny").await;
    let callback = browser.allow(&server, &second).await;
    assert!(location(&browser.get(&server, &callback).await).contains("code="));
    assert!(!browser.cookies.contains_key("__Host-MCP_DENIED_CLIENTS"));
    let page = browser.get(&server, &authorize_url(&server, &client_id, &[])).await.text().await.unwrap();
    assert!(page.contains("You allowed"), "{page}");
}
