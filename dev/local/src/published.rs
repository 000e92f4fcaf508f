//! A client that publishes its metadata document, for a handler that finds it on loopback.

use std::path::{Path, PathBuf};
use std::{env, fs};

use document_host::{DocumentHost, StartError};
use serde_json::json;

/// `client_id`.
pub(crate) const CLIENT_ID: &str = "https://client.example/client.json";

/// `client_id` of one that authenticates by a key, whose private half is in `dev/e2e/test/published.test.mjs`.
const CLIENT_ID_WITH_KEY: &str = "https://client.example/client-with-key.json";
const X: &str = "bv-bXFCVPG5Jg3DaFILB0G9paXaVWX36NGoBFu22hic";
const Y: &str = "Duqa0KCQHp1v4O8pB3JpnXmI9MbcrEMOr4OydYiMR5A";

/// The document host, and the handler that knows it.
pub(crate) struct Published {
    host: DocumentHost,
    authority: PathBuf,
    /// Where `dev/e2e/lib/clock.mjs` writes how far the clock of the handlers is ahead.
    clock_ahead: PathBuf,
}

impl Published {
    /// Publishes the document, and writes the certificate of its host into this folder.
    pub(crate) async fn start(folder: &Path) -> Result<Self, StartError> {
        let host = DocumentHost::start(&["client.example"]).await?;
        let redirect_uris = ["http://127.0.0.1/callback"];
        let (name, at) = ("Published", "https://client.example/jwks.json");
        let document = json!({ "client_id": CLIENT_ID, "client_name": name, "redirect_uris": redirect_uris });
        host.publish("/client.json", &document.to_string());
        let with_key = json!({
            "client_id": CLIENT_ID_WITH_KEY,
            "client_name": name,
            "redirect_uris": redirect_uris,
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": at,
        });
        host.publish("/client-with-key.json", &with_key.to_string());
        host.publish("/jwks.json", &json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": X, "y": Y }] }).to_string());
        let authority = folder.join("document-host.pem");
        fs::write(&authority, host.authority())?;
        Ok(Self { host, authority, clock_ahead: folder.join("clock-ahead") })
    }

    /// The program beside this one.
    pub(crate) fn handler() -> Result<PathBuf, StartError> {
        let program = env::current_exe()?.with_file_name("published-clients");
        if program.exists() { Ok(program) } else { Err(format!("{} is not built", program.display()).into()) }
    }

    /// The settings that it reads.
    pub(crate) fn settings(&self) -> [(String, String); 3] {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        [
            ("DOCUMENT_HOST", self.host.address().to_string()),
            ("DOCUMENT_HOST_AUTHORITY", path(&self.authority)),
            ("CLOCK_AHEAD", path(&self.clock_ahead)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
    }
}
