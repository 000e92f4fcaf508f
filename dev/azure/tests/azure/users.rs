//! Many users at once over three processes: nobody sees another's data.

use futures_util::{StreamExt as _, stream};

use crate::{
    browser::{Browser, redemption},
    deployment::{Deployment, rounds},
};

const CALLS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_users_in_parallel_each_get_their_own_details() {
    let server = Deployment::start(3).await;
    let client_id = server.register().await;
    let crowd = local_tenant::crowd().iter().take(rounds(200, 30));
    let sessions = crowd.map(|user| one_user(&server, &client_id, user.user_principal_name));
    let answered: Vec<usize> = stream::iter(sessions).buffer_unordered(200).collect().await;
    assert_eq!(answered.len(), rounds(200, 30));
    assert!(answered.iter().all(|calls| *calls == CALLS));
}

/// Signs in and calls the tool; every answer is about this user.
async fn one_user(server: &Deployment, client_id: &str, name: &'static str) -> usize {
    let mut browser = Browser { user: name, ..Browser::default() };
    let code = browser.sign_in(server, client_id).await.get("code").unwrap();
    let (status, tokens) = server.token(&redemption(client_id, &code)).await;
    assert_eq!(status, 200, "{tokens}");
    for _ in 0..CALLS {
        let (status, answer) = server.call_tool(tokens["access_token"].as_str().unwrap()).await;
        assert_eq!((status, &answer["result"]["structuredContent"]["userPrincipalName"]), (200, &name.into()));
    }
    CALLS
}
