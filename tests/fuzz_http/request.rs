//! A request that can still be changed, and its bytes.

use serde_json::Value;

#[derive(Clone)]
pub(crate) enum Body {
    None,
    Form(Vec<(String, String)>),
    Json(Value),
    Bytes(Vec<u8>),
}

#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Body,
    /// Its length is not the one that it claims.
    pub(crate) broken: bool,
}

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        let (method, path) = ("GET".to_owned(), path.to_owned());
        Self { method, path, query: Vec::new(), headers: Vec::new(), body: Body::None, broken: false }
    }

    pub(crate) fn post(path: &str, body: Body) -> Self {
        let content_type = match &body {
            Body::Form(_) => "application/x-www-form-urlencoded",
            _ => "application/json",
        };
        Self { method: "POST".to_owned(), body, ..Self::get(path) }.header("content-type", content_type)
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub(crate) fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.query.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// As it is sent to this host. The connection is for this request alone.
    pub(crate) fn encode(&self, host: &str) -> Vec<u8> {
        let body = match &self.body {
            Body::None => Vec::new(),
            Body::Form(pairs) => encoded(pairs).into_bytes(),
            Body::Json(value) => value.to_string().into_bytes(),
            Body::Bytes(bytes) => bytes.clone(),
        };
        let target =
            if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, encoded(&self.query)) };
        let claimed = body.len() + usize::from(self.broken) * 10;
        let mut bytes = format!("{} {target} HTTP/1.1\r\nconnection: close\r\n", self.method).into_bytes();
        let has = |wanted: &str| self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let of_the_message = [("host", host.to_owned()), ("content-length", claimed.to_string())];
        for (name, value) in of_the_message.iter().filter(|(name, _)| !has(name)) {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        bytes
    }
}

fn encoded(pairs: &[(String, String)]) -> String {
    oauth_protocol::form::encode(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}
