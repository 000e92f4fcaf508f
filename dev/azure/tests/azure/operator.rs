//! An operator signs in at one process, and every process obeys what the operator decides.

use driver::browser::{between, unescaped};

use crate::{
    browser::{Browser, authorize_url, location, refresh_target, tokens},
    deployment::Deployment,
};

/// Alice has the role Admin in the local tenant.
const OPERATOR: &str = "alice@contoso.example";

fn hidden<'a>(page: &str, name: &'a str) -> (&'a str, String) {
    (name, unescaped(&between(page, &format!("name=\"{name}\" value=\""), "\"")))
}

async fn signed_in(server: &Deployment, browser: &mut Browser) -> String {
    browser.user = OPERATOR;
    let page = browser.post(server, "/operator", &[("action", "sign-in")]).await.text().await.unwrap();
    let callback = browser.choose_account(server, &refresh_target(&page)).await;
    let back = browser.get(server, &callback).await;
    assert_eq!(back.status(), 302, "{}", server.log());
    let operator = location(&back);
    browser.get(server, &operator).await.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_blocked_at_one_process_is_refused_by_every_process() {
    let server = Deployment::to_be_asked_often(2).await;
    let tokens = tokens(&server).await;
    assert_eq!(server.call_tool(&tokens.access_token).await.0, 200);
    let mut browser = Browser::default();
    let page = signed_in(&server, &mut browser).await;
    assert!(page.contains("Used on one day"), "{page}");
    let fields = [hidden(&page, "form"), hidden(&page, "csrf"), hidden(&page, "kind"), hidden(&page, "value")];
    let client_id = fields[3].1.clone();
    let form: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let decided = |action| [form.as_slice(), &[("action", action)]].concat();
    assert_eq!(browser.post(&server, "/operator", &decided("block")).await.status(), 302);
    // Requests take turns among the processes, so a few in a row reach both.
    let all_refuse = async || {
        for _ in 0..4 {
            if server.call_tool(&tokens.access_token).await.0 != 401 {
                return false;
            }
        }
        true
    };
    stand_in::wait::until(all_refuse).await;
    let refused = Browser::default().get(&server, &authorize_url(&server, &client_id, &[])).await;
    assert_eq!(refused.status(), 403);
    let again = browser.post(&server, "/operator", &decided("unblock")).await;
    assert_eq!(again.status(), 409, "the form was sent with another decision before");
}
