//! The client's redirect URI: a web server on loopback (RFC 8252 §7.3) for one redirect.

use std::collections::HashMap;
use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

const PATH: &str = "/callback";
const PAGE: &str = "Signed in. You can close this window; the test goes on in the terminal.\n";

pub(crate) struct Listening {
    listener: TcpListener,
    redirect_uri: String,
}

impl Listening {
    pub(crate) async fn bind() -> Result<Self, String> {
        let bind = async || {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let redirect_uri = format!("http://{}{PATH}", listener.local_addr()?);
            Ok(Self { listener, redirect_uri })
        };
        bind().await.map_err(|error: io::Error| format!("no port on loopback: {error}"))
    }

    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The parameters of the redirect; a browser's other requests, for an icon say, are answered with 404.
    pub(crate) async fn answer(&self) -> Result<HashMap<String, String>, String> {
        loop {
            let (stream, _) = self.listener.accept().await.map_err(|error| error.to_string())?;
            // A connection that breaks off concerns nobody: the browser tries again.
            if let Ok(Some(parameters)) = redirected(stream).await {
                return Ok(parameters);
            }
        }
    }
}

async fn redirected(mut stream: TcpStream) -> io::Result<Option<HashMap<String, String>>> {
    let mut request_line = String::new();
    BufReader::new(&mut stream).read_line(&mut request_line).await?;
    let parameters = parameters(&request_line);
    let (status, page) = if parameters.is_some() { ("200 OK", PAGE) } else { ("404 Not Found", "") };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(parameters)
}

fn parameters(request_line: &str) -> Option<HashMap<String, String>> {
    let target = request_line.strip_prefix("GET ")?.split(' ').next()?;
    let url = Url::parse(&format!("http://127.0.0.1{target}")).ok()?;
    (url.path() == PATH).then(|| url.query_pairs().into_owned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_are_decoded() {
        let parameters = parameters("GET /callback?code=a%2Fb&iss=https%3A%2F%2Fx HTTP/1.1\r\n").unwrap();
        assert_eq!((parameters["code"].as_str(), parameters["iss"].as_str()), ("a/b", "https://x"));
    }

    #[test]
    fn other_requests_are_none() {
        for line in ["GET /favicon.ico HTTP/1.1", "POST /callback?code=a HTTP/1.1", "", "GET"] {
            assert_eq!(parameters(line), None, "{line}");
        }
    }

    #[tokio::test]
    async fn what_comes_before_the_redirect_is_answered_and_passed_over() {
        let listening = Listening::bind().await.unwrap();
        let origin = listening.redirect_uri().strip_suffix(PATH).unwrap().to_owned();
        let browser = tokio::spawn(async move {
            let icon = reqwest::get(format!("{origin}/favicon.ico")).await.unwrap().status();
            let page = reqwest::get(format!("{origin}/callback?code=1")).await.unwrap().text().await.unwrap();
            (icon, page)
        });
        assert_eq!(listening.answer().await.unwrap()["code"], "1");
        let (icon, page) = browser.await.unwrap();
        assert_eq!((icon.as_u16(), page.as_str()), (404, PAGE));
    }
}
