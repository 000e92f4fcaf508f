//! A client that publishes its metadata document, for a handler that finds it on loopback.

use std::path::{Path, PathBuf};
use std::{env, fs};

use document_host::{DocumentHost, StartError};
use serde_json::json;

/// `client_id`.
pub(crate) const CLIENT_ID: &str = "https://client.example/client.json";

/// The document host, and the handler that knows it.
pub(crate) struct Published {
    host: DocumentHost,
    authority: PathBuf,
}

impl Published {
    /// Publishes the document, and writes the certificate of its host into this folder.
    pub(crate) async fn start(folder: &Path) -> Result<Self, StartError> {
        let host = DocumentHost::start(&["client.example"]).await?;
        let redirect_uris = ["http://127.0.0.1/callback"];
        let document = json!({ "client_id": CLIENT_ID, "client_name": "Published", "redirect_uris": redirect_uris });
        host.publish("/client.json", &document.to_string());
        let authority = folder.join("document-host.pem");
        fs::write(&authority, host.authority())?;
        Ok(Self { host, authority })
    }

    /// The program beside this one.
    pub(crate) fn handler() -> Result<PathBuf, StartError> {
        let program = env::current_exe()?.with_file_name("published-clients");
        if program.exists() { Ok(program) } else { Err(format!("{} is not built", program.display()).into()) }
    }

    /// What it reads.
    pub(crate) fn settings(&self) -> [(String, String); 2] {
        let authority = self.authority.to_string_lossy().into_owned();
        [("DOCUMENT_HOST", self.host.address().to_string()), ("DOCUMENT_HOST_AUTHORITY", authority)]
            .map(|(name, value)| (name.to_owned(), value))
    }
}
