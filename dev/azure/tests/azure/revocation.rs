//! The processes learn from each other that a grant was revoked.

use stand_in::wait::until;

use crate::{browser::tokens, deployment::Deployment};

/// Two processes take requests in turn, so four calls reach both twice.
async fn statuses(server: &Deployment, access_token: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(server.call_tool(access_token).await.0);
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_on_one_process_becomes_a_401_on_the_other() {
    let server = Deployment::to_be_asked_often(2).await;
    let tokens = tokens(&server).await;
    assert_eq!(statuses(&server, &tokens.access_token).await, [200; 4]);
    let form = [("token", tokens.refresh_token.as_str()), ("client_id", &tokens.client_id)];
    let answer = server.post("/revoke").form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    until(async || statuses(&server, &tokens.access_token).await == [401; 4]).await;
    assert_eq!(server.refresh(&tokens.client_id, &tokens.refresh_token).await.0, 400);
}
