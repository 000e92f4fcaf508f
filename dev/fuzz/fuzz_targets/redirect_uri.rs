//! A redirect URI that may be registered is https, http on a loopback host, or of a known private-use scheme, and a
//! browser reads it as it is written. It matches itself, and nothing else but itself with another port on a loopback host.
//!
//! The input: what is registered, and behind a line break what a request names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_protocol::{
    issuer::BaseUrl,
    redirect_uri::{PrivateUseSchemes, RedirectUri},
};
use url::Url;

const SCHEMES: [&str; 7] = ["claude", "cursor", "vscode", "vscode-insiders", "vscodium", "code-oss", "windsurf"];
const OWN_HOST: &str = "mcp.example.com";

fn has_loopback_host(url: &Url) -> bool {
    url.host_str().is_some_and(|host| ["127.0.0.1", "[::1]", "localhost"].contains(&host))
}

fn may_be_registered(url: &Url) -> bool {
    let own = url.host_str().is_some_and(|host| host.trim_end_matches('.') == OWN_HOST) && url.port().is_none();
    let scheme = match url.scheme() {
        "https" => !own,
        "http" => has_loopback_host(url),
        other => SCHEMES.contains(&other),
    };
    let response = ["code", "error", "error_description", "error_uri", "iss", "state"];
    scheme
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none()
        && url.query_pairs().all(|(name, _)| !response.contains(&&*name))
}

fn same_but_for_the_port(registered: &Url, requested: &Url) -> bool {
    let [one, other] = [registered, requested].map(|url| {
        let mut url = url.clone();
        url.set_port(None).expect("an http URL may have a port");
        url
    });
    one == other && one.scheme() == "http" && has_loopback_host(&one)
}

fuzz_target!(|data: &str| {
    let (registered, requested) = data.split_once('\n').unwrap_or((data, data));
    let base = BaseUrl::parse(&format!("https://{OWN_HOST}")).expect("a base URL");
    let Ok(uri) = RedirectUri::parse(registered, &PrivateUseSchemes::default(), &base) else { return };
    let url = Url::parse(registered).expect("a redirect URI is absolute");
    assert!(may_be_registered(&url), "{url}");
    let itself = uri.matches(registered).expect("a redirect URI matches itself");
    assert_eq!(itself.as_str(), registered);
    if let Some(target) = uri.matches(requested) {
        assert_eq!(target.as_str(), requested);
        let other = Url::parse(requested).expect("what matches is absolute");
        assert!(requested == registered || same_but_for_the_port(&url, &other), "{requested} for {registered}");
        assert!(target.receiver().is_same(&itself.receiver()));
    }
});
