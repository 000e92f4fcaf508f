//! A bearer token comes from one header, is a `b64token`, and is the whole of what stands behind the scheme.
//!
//! The input: the values of all Authorization headers, one a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_protocol::bearer::BearerToken;
use secrecy::ExposeSecret as _;

fn names_bearer(value: &[u8]) -> bool {
    value.trim_ascii().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
}

fuzz_target!(|data: &[u8]| {
    let values: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    match BearerToken::from_headers(values.iter().copied()) {
        Ok(Some(token)) => {
            let ([value], token) = (values.as_slice(), token.expose_secret()) else { panic!("two headers") };
            assert!(names_bearer(value));
            let behind = value.trim_ascii()[7..].trim_ascii();
            assert_eq!(behind, token.as_bytes());
            let of_b64token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
            assert!(token.bytes().all(of_b64token) && !token.starts_with('='));
            let again = BearerToken::from_headers([format!("Bearer {token}").as_bytes()]);
            assert_eq!(again.expect("a header").expect("a token").expose_secret(), token);
        }
        Ok(None) => assert!(values.len() == 1 && !names_bearer(values[0])),
        Err(_) => {}
    }
});
