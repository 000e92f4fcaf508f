//! Signatures that others made: RFC 7515 appendix A.2 and A.3, and one with PS256 by jose 6.2 for Node.

use authorization_server::client_documents::ClientSignatures as _;
use oauth_protocol::{
    client_assertion::Signed,
    json_web_key::{KeySet, PublicKey, SigningAlgorithm},
};
use remote_auth_mcp::client_documents::JsonWebSignatures;
use serde_json::{Value, json};

const N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-\
                 pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2C\
                 apHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9g\
                 b54h4FRWyuXpoQ";
const RS256: &str = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7\
                     t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi\
                     12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_Ioyp\
                     GlUPQGe77Rw";
const ES256: &str = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const PS256_N: &str = "xSgN3JsOsL-xlaGT9Wzx0RPsMdNXGfFIKycZSilOFlfdS05MMiFkW7YTB1L0j31mtOE5uDSnTfhXRq-Gzrjvw2J5P8CXVOh\
                       f0-eNu__QyKsIIVBhFi-gkbdsbd64nASUpd4jNi5DXpysI2GQVuwG1eJbvBbmXSsgzes0Z6wUJRGu3w7sLP9x0d4DXlfD7z\
                       cKwAzM5PZUyaQ2YCSnUgrRQN9bjtk-81NvDyd3h2X9UIOHZmezK4YfzjYhGGinb6dzpdhj4y_kAKP2xZBRzPdakVOrjdwe_\
                       g92qeq_aoeA25_JZpRn765JfR5gRqsxoXOk0XucZBAI9F6G46IqZaV27w";
const PS256: &str = "Vud-dEJa8pE8ehVk0n-jItPtEa2mqX43AIw2X-xOcxIzGFlilF8q-ljONgDcigXH6iWukH1Og5BsGtNFoOAVsyyTQaLInhe\
                     mhKqJEkPlvy0jmjgOvQrUu6B1VR2CB0K0A6f_zFme4mlCdrTiKQcV2dNbXE2liKKL__XamsYM3wck-2No05_CWsIgwHKWyo\
                     u4hi0tEoIBIHQ23vIELsmmRkQk4ZfrFfZktyWVCOa3EJqkZf1IPlrEaQeEUive2G74qyLKLkaJZftP1LO-jyT7mxUlnafmt\
                     lg2RoZllF11qDeKchvATH-lGhf7NcST7aRzvrFvVNH0ml5YPuXcwiYhSQ";

struct Vector {
    algorithm: SigningAlgorithm,
    jwk: Value,
    message: String,
    signature: &'static str,
}

impl Vector {
    fn all() -> [Self; 3] {
        let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        [
            Self {
                algorithm: SigningAlgorithm::Rs256,
                jwk: json!({ "kty": "RSA", "n": N, "e": "AQAB" }),
                message: format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS}"),
                signature: RS256,
            },
            Self {
                algorithm: SigningAlgorithm::Es256,
                jwk: json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }),
                message: format!("eyJhbGciOiJFUzI1NiJ9.{CLAIMS}"),
                signature: ES256,
            },
            Self {
                algorithm: SigningAlgorithm::Ps256,
                jwk: json!({ "kty": "RSA", "n": PS256_N, "e": "AQAB" }),
                message: "eyJhbGciOiJQUzI1NiJ9.e30".to_owned(),
                signature: PS256,
            },
        ]
    }

    fn key(&self) -> PublicKey {
        let set = KeySet::from_json(json!({ "keys": [self.jwk] }).to_string().as_bytes()).unwrap();
        set.fitting(self.algorithm, None).unwrap().clone()
    }

    fn signed(&self) -> Signed<'_> {
        Signed { algorithm: self.algorithm, message: &self.message, signature: self.signature }
    }
}

fn verifies(key: &PublicKey, signed: Signed<'_>) -> bool {
    JsonWebSignatures.verifies(key, &signed)
}

#[test]
fn signatures_of_others_are_verified() {
    for vector in Vector::all() {
        assert!(verifies(&vector.key(), vector.signed()), "{:?}", vector.algorithm);
    }
}

#[test]
fn another_message_signature_algorithm_or_key_is_not() {
    for vector in Vector::all() {
        let (key, signed) = (vector.key(), vector.signed());
        let changed = format!("{}x", vector.message);
        assert!(!verifies(&key, Signed { message: &changed, ..signed }));
        for signature in ["", "AA", "!", &vector.signature[4..], &vector.signature.replace('A', "B")] {
            assert!(!verifies(&key, Signed { signature, ..signed }), "{signature}");
        }
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Ps256, SigningAlgorithm::Es256] {
            let same = algorithm == vector.algorithm;
            assert_eq!(verifies(&key, Signed { algorithm, ..signed }), same, "{algorithm:?}");
        }
        for other in Vector::all().iter().filter(|other| other.algorithm != vector.algorithm) {
            assert!(!verifies(&other.key(), signed));
        }
    }
}

/// A point that is not on the curve, and a modulus that is not odd.
#[test]
fn a_key_that_is_none_verifies_nothing() {
    let coordinate = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
    let [rsa, ec, _] = Vector::all();
    let none = json!({ "kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate });
    assert!(!verifies(&Vector { jwk: none, ..ec }.key(), Vector::all()[1].signed()));
    let even = json!({ "kty": "RSA", "n": format!("{}A", &N[..N.len() - 1]), "e": "AQAB" });
    assert!(!verifies(&Vector { jwk: even, ..rsa }.key(), Vector::all()[0].signed()));
}
