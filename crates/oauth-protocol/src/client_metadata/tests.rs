use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn parse(body: &[u8]) -> Result<ClientMetadata, RegistrationError> {
    let base = BaseUrl::parse("https://mcp.example.com").unwrap();
    ClientMetadata::from_json(body, &PrivateUseSchemes::default(), &base)
}

/// A request with a good redirect URI, and this member.
fn with(member: &str, value: Value) -> Result<ClientMetadata, RegistrationError> {
    let mut request = json!({"redirect_uris": ["https://client.example/cb"]});
    request.as_object_mut().unwrap().insert(member.to_owned(), value);
    parse(request.to_string().as_bytes())
}

fn code(result: Result<ClientMetadata, RegistrationError>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn one_redirect_uri_is_enough() {
    let metadata = parse(br#"{"redirect_uris":["https://client.example/cb"]}"#).unwrap();
    assert_eq!(
        metadata.redirect_uris.iter().map(RedirectUri::as_str).collect::<Vec<_>>(),
        ["https://client.example/cb"]
    );
    assert_eq!(metadata.client_name, None);
}

/// RFC 7591 §3.1.
#[test]
fn the_example_of_rfc_7591_is_accepted() {
    let body = br#"{
      "redirect_uris": ["https://client.example.org/callback", "https://client.example.org/callback2"],
      "client_name": "My Example Client",
      "client_name#ja-Jpan-JP": "\u30AF\u30E9\u30A4\u30A2\u30F3\u30C8\u540D",
      "token_endpoint_auth_method": "client_secret_basic",
      "logo_uri": "https://client.example.org/logo.png",
      "jwks_uri": "https://client.example.org/my_public_keys.jwks",
      "example_extension_parameter": "example_value"
    }"#;
    let metadata = parse(body).unwrap();
    assert_eq!((metadata.redirect_uris.len(), metadata.client_name.as_deref()), (2, Some("My Example Client")));
}

/// The registrations that known clients send, one of each kind.
#[test]
fn the_registrations_of_known_clients_are_accepted() {
    for request in [
        json!({
            "client_name": "Visual Studio Code",
            "client_uri": "https://code.visualstudio.com",
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "redirect_uris": ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
            "scope": "user.read",
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        }),
        json!({
            "client_name": "Claude Code",
            "redirect_uris": ["claude://claude.ai/mcp-auth-callback/sdk"],
        }),
        json!({
            "client_name": "Cursor",
            "redirect_uris": [
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback",
            ],
        }),
        json!({
            "client_name": "Claude",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_post",
            "scope": null,
            "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        }),
    ] {
        let name = request.get("client_name").and_then(Value::as_str);
        assert_eq!(parse(request.to_string().as_bytes()).unwrap().client_name.as_deref(), name);
    }
}

#[test]
fn of_a_member_given_twice_both_cannot_slip_through() {
    let body = br#"{"redirect_uris":["https://client.example/cb"],"redirect_uris":["javascript:alert(1)"]}"#;
    assert_eq!(code(parse(body)), "invalid_redirect_uri");
    let body = br#"{"redirect_uris":["javascript:alert(1)"],"redirect_uris":["https://client.example/cb"]}"#;
    assert_eq!(parse(body).unwrap().redirect_uris.len(), 1);
}

#[test]
fn a_refusal_has_the_code_of_rfc_7591_and_its_reason() {
    let refusals = [
        (RegistrationError::InvalidRedirectUri("why"), "invalid_redirect_uri", "invalid redirect URI: why"),
        (RegistrationError::InvalidClientMetadata("why"), "invalid_client_metadata", "invalid client metadata: why"),
    ];
    for (error, code, log) in refusals {
        assert_eq!((error.code(), error.description(), error.to_string().as_str()), (code, "why", log));
    }
}

#[test]
fn missing_empty_and_wrong_typed_redirect_uris_are_refused_as_such() {
    assert_eq!(code(parse(b"{}")), "invalid_redirect_uri");
    for value in [
        json!([]),
        json!(null),
        json!("https://client.example/cb"),
        json!([1]),
        json!([null]),
        json!({}),
        json!([["https://a.example"]]),
    ] {
        assert_eq!(code(with("redirect_uris", value.clone())), "invalid_redirect_uri", "{value}");
    }
}

#[test]
fn a_private_use_scheme_that_is_not_allowed_is_left_out_if_another_uri_is_there() {
    let kept = |uris: Value| {
        let metadata = with("redirect_uris", uris)?;
        Ok::<_, RegistrationError>(metadata.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        kept(json!(["other://cb", "http://127.0.0.1:1/cb", "com.example:/x"])).unwrap(),
        ["http://127.0.0.1:1/cb"]
    );
    assert_eq!(kept(json!(["other://cb", "com.example:/x"])).unwrap_err().code(), "invalid_redirect_uri");
    for dangerous in ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x", "other://a@b", "other://cb?code=1"] {
        let uris = json!(["other://cb", "http://127.0.0.1:1/cb", dangerous]);
        assert_eq!(kept(uris).unwrap_err().code(), "invalid_redirect_uri", "{dangerous}");
    }
}

#[test]
fn the_order_of_the_redirect_uris_is_kept_and_so_are_doubles() {
    let uris = ["http://127.0.0.1:2/b", "https://client.example/cb", "http://127.0.0.1:2/b"];
    let kept = with("redirect_uris", json!(uris)).unwrap().redirect_uris;
    assert_eq!(kept.iter().map(RedirectUri::as_str).collect::<Vec<_>>(), uris);
}

#[test]
fn a_scheme_that_was_added_is_registered_and_one_that_was_not_is_left_out() {
    let body = json!({ "redirect_uris": ["com.example:/cb", "other://cb"] }).to_string();
    let base = BaseUrl::parse("https://mcp.example.com").unwrap();
    let metadata =
        ClientMetadata::from_json(body.as_bytes(), &PrivateUseSchemes::known_and("com.example").unwrap(), &base)
            .unwrap();
    assert_eq!(metadata.redirect_uris.iter().map(RedirectUri::as_str).collect::<Vec<_>>(), ["com.example:/cb"]);
}

#[test]
fn a_scope_is_read_and_a_malformed_one_refused() {
    assert_eq!(with("scope", json!("openid email")).unwrap().scope, Some(Scope::parse("openid email").unwrap()));
    assert_eq!(with("scope", json!(null)).unwrap().scope, None);
    for scope in [json!("a\"b"), json!("a\nb"), json!("\u{e9}"), json!(["user.read"])] {
        assert_eq!(code(with("scope", scope.clone())), "invalid_client_metadata", "{scope}");
    }
}

#[test]
fn one_bad_redirect_uri_refuses_them_all_and_says_why() {
    for uri in [
        "javascript:alert(1)",
        "http://client.example/cb",
        "https://mcp.example.com/token",
        "https://a.example/#x",
        "/cb",
        "",
    ] {
        let error = with("redirect_uris", json!(["https://client.example/cb", uri])).unwrap_err();
        assert_eq!(error.code(), "invalid_redirect_uri", "{uri}");
        assert!(error.description().contains("redirect URI") || error.description().contains("scheme"), "{uri}");
    }
}

#[test]
fn a_flood_of_redirect_uris_is_refused() {
    let uris = |count: usize| json!((0..count).map(|n| format!("https://client.example/{n}")).collect::<Vec<_>>());
    assert!(with("redirect_uris", uris(MAX_REDIRECT_URIS)).is_ok());
    for count in [MAX_REDIRECT_URIS + 1, 300] {
        assert_eq!(code(with("redirect_uris", uris(count))), "invalid_redirect_uri");
    }
}

#[test]
fn a_body_of_another_shape_is_invalid_metadata() {
    for body in [
        "",
        "{",
        "[]",
        "null",
        "1",
        "\"x\"",
        "redirect_uris=x",
        "[\"https://a.example\"]",
        "{} {}",
        "{\"a\":1,}",
        "\u{feff}{}",
    ] {
        assert_eq!(code(parse(body.as_bytes())), "invalid_client_metadata", "{body}");
    }
    assert_eq!(code(parse(b"{\"client_name\":\"\xff\"}")), "invalid_client_metadata");
}

#[test]
fn nesting_10_000_deep_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        let body = format!(r#"{{"redirect_uris":["https://client.example/cb"],"x":{nested}}}"#);
        assert_eq!(code(parse(body.as_bytes())), "invalid_client_metadata");
    }
}

#[test]
fn unknown_members_and_keys_are_ignored() {
    for member in
        ["example", "jwks", "jwks_uri", "client_id", "client_secret", "software_statement", "", "client_name#de"]
    {
        assert!(with(member, json!({"any": ["thing", 1, null]})).is_ok(), "{member}");
    }
}

#[test]
fn known_members_of_the_wrong_type_are_refused() {
    let strings = UNUSED_STRING_MEMBERS.into_iter().chain(["client_name", "token_endpoint_auth_method"]);
    for member in strings {
        for value in [json!(1), json!(["x"]), json!({}), json!(true)] {
            assert_eq!(code(with(member, value.clone())), "invalid_client_metadata", "{member}: {value}");
        }
    }
    for member in ["grant_types", "response_types", "contacts"] {
        for value in [json!("x"), json!([1]), json!({}), json!([null])] {
            assert_eq!(code(with(member, value.clone())), "invalid_client_metadata", "{member}: {value}");
        }
    }
}

#[test]
fn null_counts_as_absent() {
    for member in UNUSED_STRING_MEMBERS.into_iter().chain([
        "client_name",
        "grant_types",
        "response_types",
        "contacts",
        "token_endpoint_auth_method",
    ]) {
        assert!(with(member, Value::Null).is_ok(), "{member}");
    }
}

#[test]
fn the_authorization_code_flow_must_be_among_what_is_asked() {
    for (member, good) in [
        ("grant_types", json!(["authorization_code"])),
        ("grant_types", json!(["refresh_token", "authorization_code", "urn:ietf:params:oauth:grant-type:device_code"])),
        ("response_types", json!(["code"])),
        ("response_types", json!(["code", "token"])),
    ] {
        assert!(with(member, good.clone()).is_ok(), "{member}: {good}");
    }
    for (member, bad) in [
        ("grant_types", json!([])),
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!(["refresh_token"])),
        ("response_types", json!([])),
        ("response_types", json!(["token"])),
    ] {
        assert_eq!(code(with(member, bad.clone())), "invalid_client_metadata", "{member}: {bad}");
    }
}

#[test]
fn every_standard_auth_method_is_accepted_and_an_unknown_one_refused() {
    for method in AUTH_METHODS {
        assert!(with("token_endpoint_auth_method", json!(method)).is_ok(), "{method}");
    }
    for method in ["", "NONE", "password"] {
        assert_eq!(code(with("token_endpoint_auth_method", json!(method))), "invalid_client_metadata", "{method}");
    }
}

#[test]
fn a_name_is_cleaned_before_it_is_kept() {
    let named = |name: &str| with("client_name", json!(name)).unwrap().client_name;
    assert_eq!(named("<b>Mi\u{202e}cro</b>").as_deref(), Some("<b>Micro</b>"));
    assert_eq!(named("\u{200b}\r\n"), None);
    assert_eq!(named(&"x".repeat(10_240)).unwrap().len(), 100);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(Value::from))
}

proptest! {
    #[test]
    fn any_body_is_accepted_or_refused(body: Vec<u8>) {
        let _ = parse(&body);
    }

    #[test]
    fn any_value_of_a_known_member_is_accepted_or_refused(value in any_json(), at in 0..13_usize) {
        let known = UNUSED_STRING_MEMBERS.into_iter().chain(["scope", "client_name", "grant_types", "response_types", "contacts", "redirect_uris", "token_endpoint_auth_method"]);
        let _ = with(known.collect::<Vec<_>>()[at], value);
    }
}

#[test]
fn a_member_that_is_not_used_may_be_anything_and_is_skipped() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let body = format!(r#"{{"x":{deep},"redirect_uris":["https://client.example/cb"],"y":[{{"redirect_uris":1}}]}}"#);
    assert_eq!(parse(body.as_bytes()).unwrap().redirect_uris.len(), 1);
}
