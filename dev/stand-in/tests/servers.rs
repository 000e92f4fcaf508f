//! Sites as their clients meet them.

#![cfg(test)]

use std::{net::Ipv4Addr, sync::Arc};

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use reqwest::{Client, ClientBuilder, Proxy};
use stand_in::{Certificate, Gate, ListenError, Servers, Site, Tunnels, control, cut, listen};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const HOST: &str = "service.azure.example";

fn client() -> ClientBuilder {
    Client::builder().no_proxy()
}

fn router(says: &'static str) -> Router {
    Router::new().route("/", get(async move || says))
}

/// Serves a site. Returns its port, and what keeps it running.
async fn serve(site: &Site) -> (u16, Servers) {
    let (port, listeners) = listen(0).await.unwrap();
    let mut servers = Servers::default();
    servers.serve(listeners, site);
    (port, servers)
}

async fn text(client: &Client, url: &str) -> reqwest::Result<String> {
    client.get(url).send().await?.text().await
}

/// A service under its real name, behind a CONNECT proxy that leads nowhere else.
struct Proxied {
    port: u16,
    gate: Gate,
    certificate: Certificate,
    _servers: Servers,
}

impl Proxied {
    async fn start() -> Self {
        let (certificate, gate) = (Certificate::issue(&[HOST]).unwrap(), Gate::default());
        let service = Site::new(router("service")).with_tls(certificate.acceptor().unwrap()).behind(gate.clone());
        let tunnels: Tunnels =
            Arc::new(
                move |host, port| {
                    if (host, port) == (HOST, 443) { Ok(service.clone()) } else { Err(StatusCode::FORBIDDEN) }
                },
            );
        let (port, servers) = serve(&Site::new(router("proxy")).with_tunnels(tunnels)).await;
        Self { port, gate, certificate, _servers: servers }
    }

    fn client(&self, trusting: Option<&Certificate>) -> Client {
        let builder = Client::builder().proxy(Proxy::https(format!("http://127.0.0.1:{}", self.port)).unwrap());
        let pem = trusting.map(|certificate| certificate.authority().as_bytes());
        match pem {
            Some(pem) => builder.tls_certs_only([reqwest::Certificate::from_pem(pem).unwrap()]).build().unwrap(),
            None => builder.build().unwrap(),
        }
    }
}

#[tokio::test]
async fn a_tunnel_leads_to_a_site_under_its_real_name_and_nowhere_else() {
    let proxied = Proxied::start().await;
    let client = proxied.client(Some(&proxied.certificate));
    assert_eq!(text(&client, &format!("https://{HOST}/")).await.unwrap(), "service");
    assert!(text(&client, "https://another.azure.example/").await.is_err());
    assert!(text(&client, &format!("https://{HOST}:444/")).await.is_err());
    assert_eq!(text(&client, &format!("http://127.0.0.1:{}/", proxied.port)).await.unwrap(), "proxy");
}

#[tokio::test]
async fn only_clients_that_trust_the_authority_meet_the_site() {
    let proxied = Proxied::start().await;
    let another = Certificate::issue(&[HOST]).unwrap();
    for trusting in [None, Some(&another)] {
        assert!(text(&proxied.client(trusting), &format!("https://{HOST}/")).await.is_err());
    }
}

#[tokio::test]
async fn a_closed_gate_ends_tunnels_until_it_opens_again() {
    let proxied = Proxied::start().await;
    let (client, url) = (proxied.client(Some(&proxied.certificate)), format!("https://{HOST}/"));
    assert_eq!(text(&client, &url).await.unwrap(), "service");
    proxied.gate.close();
    assert!(text(&client, &url).await.is_err());
    proxied.gate.open();
    assert_eq!(text(&client, &url).await.unwrap(), "service");
}

#[tokio::test]
async fn a_closed_gate_ends_open_connections() {
    let gate = Gate::default();
    let (port, _servers) = serve(&Site::new(router("here")).behind(gate.clone())).await;
    let mut open = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    open.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert_ne!(open.read_u8().await.unwrap(), 0, "it is being served");
    gate.close();
    // The end of the stream or a reset: either way it is over.
    let _ = open.read_to_end(&mut Vec::new()).await;
    assert!(text(&client().build().unwrap(), &format!("http://127.0.0.1:{port}/")).await.is_err());
}

#[tokio::test]
async fn a_connection_is_cut_instead_of_an_answer_and_the_next_one_is_served() {
    let router = router("here").route("/cut", get(async || cut()));
    let (port, _servers) = serve(&Site::new(router)).await;
    let (client, url) = (client().build().unwrap(), format!("http://127.0.0.1:{port}/"));
    assert!(text(&client, &format!("{url}cut")).await.is_err());
    assert_eq!(text(&client, &url).await.unwrap(), "here");
}

#[tokio::test]
async fn without_the_control_token_there_is_no_control() {
    let guarded = control::guarded(Router::new().route("/_control/down", post(async || "down")), "token");
    let (port, _servers) = serve(&Site::new(guarded.merge(router("here")))).await;
    let (client, url) = (client().build().unwrap(), format!("http://127.0.0.1:{port}/"));
    let down = || client.post(format!("{url}_control/down"));
    assert_eq!(down().send().await.unwrap().status(), 401);
    assert_eq!(down().bearer_auth("guess").send().await.unwrap().status(), 401);
    assert_eq!(down().bearer_auth("token").send().await.unwrap().text().await.unwrap(), "down");
    assert_eq!(text(&client, &url).await.unwrap(), "here", "other routes need no token");
}

#[tokio::test]
async fn a_taken_port_is_named_and_free_after_the_stop() {
    let (port, servers) = serve(&Site::new(router("here"))).await;
    assert!(matches!(listen(port).await, Err(ListenError::PortTaken(taken)) if taken == port));
    servers.stop().await;
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
}
