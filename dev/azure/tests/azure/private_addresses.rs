//! Server-side request forgery: the author of a link chooses what the handler fetches. Where the link leads to an address that is
//! not public, by its text, by its name, by a redirect or by a document, nothing is connected to, at either process.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use authorization_server::ground::Clock as _;
use azure_tests::Plan;
use document_host::DocumentHost;
use remote_auth_mcp::platform::SystemClock;
use serde_json::json;
use stand_in::wait::until;
use tempfile::TempDir;
use testkit::ClientKey;
use tokio::net::{TcpListener, TcpStream};

use crate::{
    browser::{REDIRECT_URI, authorize_url},
    deployment::Deployment,
};

/// The words of the pages.
const NOT_LOOKED_UP: &str = "This application could not be looked up";
const NO_NAME: &str = "host must be a name";
const NO_KEYS: &str = "jwks_uri is not a URL that may be fetched";
/// In the log, for the operator.
const NOT_PUBLIC: &str = "the host has an address that is not public";

/// A service that only this machine is to reach. It counts its connections.
struct Inside {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Inside {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, connections) = (listener.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, connections }
    }

    /// How many there were. Connections are accepted in the order in which they come, so this makes the last one.
    async fn connections(&self) -> usize {
        let before = self.connections.load(Ordering::SeqCst);
        let _last = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        until(async || self.connections.load(Ordering::SeqCst) > before).await;
        self.connections.load(Ordering::SeqCst) - 1
    }
}

struct World {
    server: Deployment,
    documents: DocumentHost,
    inside: Inside,
    _authority: TempDir,
}

impl World {
    /// Every name but that of the document host has the address of the service inside, and a public one.
    async fn start() -> Self {
        let (documents, inside) = (DocumentHost::start(&["client.example"]).await.unwrap(), Inside::start().await);
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("authority.pem");
        fs::write(&authority, documents.authority()).unwrap();
        let settings = [
            ("DOCUMENT_HOST", documents.address().to_string()),
            ("DOCUMENT_HOST_AUTHORITY", authority.to_str().unwrap().to_owned()),
            ("OTHER_HOSTS", format!("20.1.2.3:443,127.0.0.1:{}", inside.port)),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).into();
        let program = Some(env!("CARGO_BIN_EXE_published-clients").into());
        let server = Deployment::of(Plan { settings, program, ..Plan::of(2) }).await;
        server.until_ready().await;
        Self { server, documents, inside, _authority: folder }
    }

    /// The answer to the authorization request of this client, which leads nowhere.
    async fn page(&self, client_id: &str) -> (u16, String) {
        let answer = self.server.http.get(authorize_url(&self.server, client_id, &[])).send().await.unwrap();
        assert_eq!(answer.headers().get("location"), None, "{client_id}");
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Every process answers so: they take turns.
    async fn refused(&self, client_id: &str, words: &str) {
        for _ in 0..2 {
            let (status, page) = self.page(client_id).await;
            assert!(status == 400 && page.contains(words), "{client_id}: {status} {page}");
        }
    }

    /// So many times, or more. The host reads the lines of the handlers later.
    async fn logged(&self, words: &str, times: usize) {
        until(async || self.server.log().matches(words).count() >= times).await;
    }

    fn publish_with_keys(&self, jwks_uri: &str) -> &'static str {
        let client_id = "https://client.example/with-keys.json";
        let document = json!({
            "client_id": client_id,
            "client_name": "With keys",
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": jwks_uri,
        });
        self.documents.publish("/with-keys.json", &document.to_string());
        client_id
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_an_address_that_is_not_public_connects_to_nothing_and_gets_a_page_that_says_so() {
    let world = World::start().await;
    let port = world.inside.port;
    for host in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:7f00:1]", "[fd00::1]"] {
        world.refused(&format!("https://{host}:{port}/client.json"), NO_NAME).await;
    }
    let inside = format!("https://inside.example:{port}/client.json");
    world.refused(&inside, NOT_LOOKED_UP).await;

    for location in [format!("https://127.0.0.1:{port}/client.json"), inside] {
        world.documents.redirect("/moved.json", &location);
        world.refused("https://client.example/moved.json", NOT_LOOKED_UP).await;
    }
    assert_eq!(world.documents.asked(), ["client.example/moved.json"; 4], "documents are fetched");
    assert_eq!(world.inside.connections().await, 0);
    world.logged(NOT_PUBLIC, 2).await;
}

/// The keys are fetched with the document, and by the token endpoint if there are none.
#[tokio::test(flavor = "multi_thread")]
async fn keys_at_an_address_that_is_not_public_are_never_fetched() {
    let world = World::start().await;
    let port = world.inside.port;
    for host in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]"] {
        let client_id = world.publish_with_keys(&format!("https://{host}:{port}/jwks.json"));
        world.refused(client_id, NO_KEYS).await;
    }
    let client_id = world.publish_with_keys(&format!("https://inside.example:{port}/jwks.json"));
    assert_eq!(world.page(client_id).await.0, 200);
    let expires = SystemClock.now().unix_timestamp() + 60;
    let claims = json!({ "iss": client_id, "sub": client_id, "aud": world.server.url, "exp": expires, "jti": "1" });
    let assertion = ClientKey::new("one").signed(&json!({ "alg": "RS256", "kid": "one" }), &claims);
    for path in ["/token", "/revoke"] {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", "t"),
            ("token", "t"),
            ("client_assertion", assertion.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ];
        let answer = world.server.post(path).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 503, "{path}");
    }
    assert_eq!(world.inside.connections().await, 0);
    // The page, and both endpoints.
    world.logged(NOT_PUBLIC, 3).await;
}
