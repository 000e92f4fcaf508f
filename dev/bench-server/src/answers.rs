//! The answers of the handler.

use std::{error::Error, fs};

use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde::Deserialize;

use crate::serve::Body;

/// An answer of the handler.
#[derive(Clone, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// The handler's answers to each kind of request, and the access token that it accepts.
#[derive(Clone, Deserialize)]
pub(crate) struct Answers {
    pub(crate) token: String,
    pub(crate) unauthorized: Answer,
    pub(crate) list: Answer,
    pub(crate) call: Answer,
}

impl Answers {
    /// Reads them from a file of JSON.
    pub(crate) fn read(file: &str) -> Result<Self, Box<dyn Error>> {
        Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
    }
}

impl Answer {
    /// The same answer, as hyper writes it.
    pub(crate) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}
