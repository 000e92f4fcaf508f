//! A registration that is accepted is a JSON object. Its redirect URIs are among those that it names and pass their own
//! check, and its name is short and visible.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_protocol::{
    client_metadata::ClientMetadata,
    issuer::BaseUrl,
    redirect_uri::{PrivateUseSchemes, RedirectUri},
};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let (base, schemes) =
        (BaseUrl::parse("https://mcp.example.com").expect("a base URL"), PrivateUseSchemes::default());
    let json = serde_json::from_slice::<Value>(data).ok().filter(Value::is_object);
    let metadata = match ClientMetadata::from_json(data, &schemes, &base) {
        Ok(metadata) => metadata,
        Err(error) => {
            let not_json = error.description() == "the body is not a JSON object";
            return assert_eq!(not_json, json.is_none(), "{error}");
        }
    };
    let json = json.expect("a JSON object");
    let named: Vec<&str> =
        json["redirect_uris"].as_array().expect("an array").iter().filter_map(Value::as_str).collect();
    assert!((1..=32).contains(&metadata.redirect_uris.len()));
    for uri in &metadata.redirect_uris {
        assert!(named.contains(&uri.as_str()));
        assert!(RedirectUri::parse(uri.as_str(), &schemes, &base).is_ok());
    }
    let name = metadata.client_name.as_deref().unwrap_or("x");
    assert!((1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control));
    assert!(metadata.scope.is_none() || json["scope"].is_string());
});
