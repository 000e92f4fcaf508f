//! Bare hyper: the limit program, and the stand-in for Graph.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::{
    body::Incoming,
    service::{Service, service_fn},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::{answers::Answers, serve::Body};

const USER: &str = r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users/$entity","businessPhones":["+1 425 555 0109"],"displayName":"Bob Brown","givenName":"Bob","jobTitle":"Retail Manager","mail":"bob@contoso.example","mobilePhone":null,"officeLocation":"18/2111","preferredLanguage":"en-US","surname":"Brown","userPrincipalName":"bob@contoso.example","id":"87d349ed-44d7-43e1-9a83-5f2406dee5bd"}"#;

/// Answers every request with one user, as Graph answers `/v1.0/me`.
pub(crate) fn graph() -> impl Answering {
    service_fn(|_: Request<Incoming>| async {
        let mut user = Response::new(Full::from(USER));
        let kind = header::HeaderValue::from_static("application/json;odata.metadata=minimal;charset=utf-8");
        user.headers_mut().insert(header::CONTENT_TYPE, kind);
        Ok::<_, Infallible>(user)
    })
}

/// Answers what the handler answered: without a token, to a list, and to a call, for which it asks Graph.
pub(crate) fn limit(answers: Answers, graph: Uri) -> impl Answering {
    let (answers, client) = (Arc::new(answers), Client::builder(TokioExecutor::new()).build_http());
    service_fn(move |request: Request<Incoming>| {
        let (answers, client, graph) = (Arc::clone(&answers), client.clone(), graph.clone());
        async move { Ok(answer(&answers, &client, graph, request).await) }
    })
}

/// A service that hyper serves.
pub(crate) trait Answering:
    Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Answering for S where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

async fn answer(
    answers: &Answers,
    client: &Client<HttpConnector, Body>,
    graph: Uri,
    request: Request<Incoming>,
) -> Response<Body> {
    let Some(token) = request.headers().get(header::AUTHORIZATION).cloned() else {
        return answers.unauthorized.response();
    };
    let body = request.into_body().collect().await.map(Collected::to_bytes).unwrap_or_default();
    if !body.windows(10).any(|window| window == b"tools/call") {
        return answers.list.response();
    }
    match user(client, graph, token).await {
        Some(_) => answers.call.response(),
        None => Response::builder().status(StatusCode::BAD_GATEWAY).body(Body::default()).unwrap_or_default(),
    }
}

async fn user(client: &Client<HttpConnector, Body>, graph: Uri, token: header::HeaderValue) -> Option<Bytes> {
    let mut request = Request::new(Body::default());
    *request.uri_mut() = graph;
    *request.headers_mut() = HeaderMap::from_iter([(header::AUTHORIZATION, token)]);
    Some(client.request(request).await.ok()?.into_body().collect().await.ok()?.to_bytes())
}
