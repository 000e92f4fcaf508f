//! `NAME.scm.azurewebsites.net` of a function app on Flex Consumption: it takes a package (`/api/publish`) and writes it to
//! the app's storage account.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::asked::Asked;
use crate::state::{State, Upload};
use crate::tokens::Audience;

pub(crate) const DOMAIN: &str = ".scm.azurewebsites.net";
const FAILED: u32 = 3;
const SUCCEEDED: u32 = 4;
const DEPLOYMENT: &str = "5f0d2a52-6f0c-4a38-9a3c-6a3f0a3b1c77";

/// How Azure/azure-dev#8026 ends: the deployment endpoint takes the package and cannot store it.
const FORBIDDEN: &str = "InaccessibleStorageException: Failed to access storage account for deployment: \
    BlobUploadFailedException: Failed to upload blob to storage account: Response status code does not indicate success: \
    403 (This request is not authorized to perform this operation using this permission.)";

pub(crate) fn answer(state: &mut State, asked: &Asked, site: &str) -> Answer {
    if state.tokens.principal(asked, Audience::ResourceManager).is_none() {
        return Answer::of(StatusCode::UNAUTHORIZED, Value::Null);
    }
    match (&asked.method, asked.segments().as_slice()) {
        (&Method::POST, ["api", "publish"]) => publish(state, asked, site),
        (&Method::GET, ["api", "deployments", DEPLOYMENT]) if !state.uploads.is_empty() => {
            Answer::ok(deployment(site, &state.tokens.timestamp(0), state.storage_forbidden))
        }
        _ => Answer::not_implemented(asked),
    }
}

fn publish(state: &mut State, asked: &Asked, site: &str) -> Answer {
    if asked.content_type != "application/zip" || !asked.body.starts_with(b"PK") {
        return Answer::of(StatusCode::BAD_REQUEST, "The request is no zip archive.".into());
    }
    let remote_build = match asked.query("RemoteBuild") {
        "" | "false" => false,
        "true" => true,
        _ => return Answer::not_implemented(asked),
    };
    state.uploads.push(Upload { site: site.to_owned(), remote_build, zip: asked.body.clone() });
    Answer::of(StatusCode::ACCEPTED, DEPLOYMENT.into())
}

fn deployment(site: &str, now: &str, failed: bool) -> Value {
    let (status, text) = if failed { (FAILED, FORBIDDEN) } else { (SUCCEEDED, "") };
    json!({
        "id": DEPLOYMENT, "status": status, "status_text": text, "complete": true, "active": !failed, "site_name": site,
        "received_time": now, "start_time": now, "end_time": now, "last_success_end_time": now,
    })
}
