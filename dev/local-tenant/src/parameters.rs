//! Query and form parameters (application/x-www-form-urlencoded), read strictly.

use url::form_urlencoded;

use crate::aadsts::{MALFORMED, PARAMETER_MISSING, PARAMETER_REPEATED, Refusal};

/// Parameters in the order sent, each at most once.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Repeated names (RFC 6749 §3.1, §3.2), broken percent-encoding and text that is not UTF-8 are refused.
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, Refusal> {
        if !well_encoded(encoded) {
            return Err(MALFORMED.with(&["a '%' is not followed by two hexadecimal digits"]));
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded).into_owned() {
            if name.contains('\u{fffd}') || value.contains('\u{fffd}') {
                return Err(MALFORMED.with(&["a parameter is not UTF-8"]));
            }
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(PARAMETER_REPEATED.with(&[&name]));
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The value; an empty one counts as absent (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The value, which must be there.
    pub(crate) fn require(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| PARAMETER_MISSING.with(&[name]))
    }

    /// Refuses whatever is neither implemented here nor without effect at Entra.
    pub(crate) fn allow_only(&self, implemented: &[&str]) -> Result<(), Refusal> {
        let unknown = self.0.iter().find(|(name, _)| !implemented.contains(&name.as_str()) && !is_telemetry(name));
        match unknown {
            None => Ok(()),
            Some((name, _)) => Err(MALFORMED.with(&[&format!("the parameter '{name}' is not implemented")])),
        }
    }
}

/// Parameters of Microsoft's libraries that Entra only logs or routes by.
fn is_telemetry(name: &str) -> bool {
    name == "client-request-id"
        || name == "clidata"
        || name == "return-client-request-id"
        || name == "x-anchormailbox"
        || name.starts_with("x-client-")
        || name.starts_with("x-ms-lib-")
}

fn well_encoded(encoded: &[u8]) -> bool {
    encoded.split(|byte| *byte == b'%').skip(1).all(|rest| {
        let digits = rest.get(..2).unwrap_or_default();
        digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)
    })
}
