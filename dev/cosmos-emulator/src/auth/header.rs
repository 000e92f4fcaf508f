//! The `Authorization` header of Cosmos: `type=aad&ver=1.0&sig=TOKEN`, percent-encoded as a whole.
//! <https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources>

use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;

use super::{Denied, unauthorized};

/// The account takes no keys (`disableLocalAuth`), and Cosmos has a substatus for saying so.
const LOCAL_AUTH_DISABLED: u32 = 5202;

/// The token in the header.
pub(super) fn entra_token(headers: &HeaderMap) -> Result<String, Denied> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unauthorized(
            "Required Header authorization is missing. Ensure a valid Authorization token is passed.",
        ));
    };
    let malformed = || unauthorized("The input authorization token can't serve the request. Its format is wrong.");
    let value = value.to_str().map_err(|_| malformed())?;
    let value = percent_decode_str(value).decode_utf8().map_err(|_| malformed())?;
    let mut members = value.splitn(3, '&').map(|member| member.split_once('='));
    match (members.next().flatten(), members.next().flatten(), members.next().flatten()) {
        (Some(("type", "aad")), Some(("ver", "1.0")), Some(("sig", token))) => Ok(token.to_owned()),
        (Some(("type", "master" | "resource")), _, _) => Err(Denied::Unauthorized {
            substatus: Some(LOCAL_AUTH_DISABLED),
            reason: "Local Authorization is disabled. Use an AAD token to authorize all requests.",
        }),
        _ => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<String, Denied> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        entra_token(&headers)
    }

    #[test]
    fn the_token_is_read_out_of_the_encoded_header() {
        assert_eq!(read("type%3Daad%26ver%3D1.0%26sig%3Da.b-_.c"), Ok("a.b-_.c".to_owned()));
    }

    #[test]
    fn anything_else_is_refused() {
        for value in ["", "Bearer a.b.c", "type%3Daad%26sig%3Da.b.c", "type%3Daad%26ver%3D2.0%26sig%3Da.b.c", "%ff"] {
            assert!(matches!(read(value), Err(Denied::Unauthorized { substatus: None, .. })), "{value}");
        }
        assert!(entra_token(&HeaderMap::new()).is_err());
    }

    #[test]
    fn account_keys_are_disabled() {
        let refused = read("type%3Dmaster%26ver%3D1.0%26sig%3Dkey");
        assert!(matches!(refused, Err(Denied::Unauthorized { substatus: Some(5202), .. })));
    }

    #[test]
    fn two_headers_are_one_too_many() {
        let mut headers = HeaderMap::new();
        for _ in 0..2 {
            headers.append(header::AUTHORIZATION, "type%3Daad%26ver%3D1.0%26sig%3Da.b.c".parse().unwrap());
        }
        assert!(entra_token(&headers).is_err());
    }
}
