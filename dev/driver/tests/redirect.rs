//! The redirect URI of a native app.
#![cfg(test)]

use driver::redirect::RedirectListener;
use tokio::net::TcpStream;

#[tokio::test]
async fn earlier_requests_are_answered_and_passed_over() {
    let mut listener = RedirectListener::bind().await.unwrap();
    let uri = listener.uri();
    let browser = tokio::spawn(async move {
        let idle = TcpStream::connect(uri.strip_prefix("http://").unwrap().split('/').next().unwrap()).await.unwrap();
        let icon = reqwest::get(uri.replace("/callback", "/favicon.ico")).await.unwrap().status();
        let posted = reqwest::Client::new().post(format!("{uri}?code=2")).send().await.unwrap().status();
        let page = reqwest::get(format!("{uri}?code=a%2Fb&iss=https%3A%2F%2Fx")).await.unwrap().text().await;
        drop(idle);
        (icon.as_u16(), posted.as_u16(), page.unwrap())
    });
    let parameters = listener.parameters().await.unwrap();
    assert_eq!((parameters["code"].as_str(), parameters["iss"].as_str()), ("a/b", "https://x"));
    assert_eq!(
        browser.await.unwrap(),
        (404, 404, "Signed in. You can close this window and go back to the program.\n".to_owned())
    );
}
