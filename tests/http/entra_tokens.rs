//! Tokens of Entra that are not for us, from another tenant or application, or of another kind: each endpoint answers them as it
//! answers a text that is no token.

use crate::{
    deployment::Deployment,
    entra_clients::{deployment, opened, tenant},
    wrong_tokens::{accepted_claims, answers, wrong_tokens},
};

#[tokio::test]
async fn every_token_with_one_wrong_claim_gets_the_answer_of_a_text_that_is_no_token() {
    let server = deployment().await;
    let tenant = tenant(&server);
    let good = tenant.sign(&accepted_claims(tenant));
    let (_stream, endpoint) = opened(&server, &good).await;
    assert_eq!(answers(&server, &endpoint, &good).await.map(|(status, ..)| status), [200, 200, 202]);
    let expected = answers(&server, &endpoint, "no.token").await;
    assert!(expected.iter().all(|(status, challenge, _)| *status == 401 && challenge.contains("invalid_token")));
    for (what, token) in wrong_tokens(&server, tenant).await {
        assert_eq!(answers(&server, &endpoint, &token).await, expected, "{what}");
    }
}

/// Clients take the first authorization server that the metadata names, so it names Entra to nobody.
#[tokio::test]
async fn the_metadata_is_the_same_whether_tokens_of_entra_are_accepted_or_not() {
    let (accepting, refusing) = (deployment().await, Deployment::start().await);
    for path in ["oauth-authorization-server", "oauth-protected-resource/mcp", "oauth-protected-resource/mcp/sse"] {
        let read = async |server: &Deployment| {
            let answer = server.get(&format!("/.well-known/{path}")).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap().replace(&server.url, "URL"))
        };
        let metadata = read(&accepting).await;
        assert_eq!(metadata, read(&refusing).await, "{path}");
        assert!(metadata.0 == 200 && metadata.1.contains("URL"), "{path}: {metadata:?}");
    }
}
