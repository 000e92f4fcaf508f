//! Which operation a request asks for.

use axum::http::Method;

use super::KEY_NAME;
use crate::faults::Endpoint;

/// An operation and the version it names, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Get(Option<String>),
    ListVersions,
    Wrap(Option<String>),
    Unwrap(Option<String>),
    /// Within the role, and not among the key's operations.
    OtherKeyOperation(&'static str),
    /// Not within the role: an action, and whether it is one on this key.
    Denied {
        action: &'static str,
        on_the_key: bool,
    },
    Other,
}

impl Asked {
    /// Clients write a double slash where a version is not named, and Key Vault takes it.
    pub(super) fn parse(method: &Method, path: &str) -> Self {
        let segments: Vec<&str> = path.split('/').skip_while(|segment| segment.is_empty()).collect();
        match (method.as_str(), segments.as_slice()) {
            ("GET", ["keys"] | ["keys", ""]) => denied("keys/read", false),
            (_, ["keys", name, rest @ ..]) if *name == KEY_NAME => Self::of_the_key(method, rest),
            (_, ["keys", _, rest @ ..]) => match Self::of_the_key(method, rest) {
                Self::Get(_) | Self::ListVersions => denied("keys/read", false),
                Self::Wrap(_) => denied("keys/wrap/action", false),
                Self::Unwrap(_) => denied("keys/unwrap/action", false),
                Self::Denied { action, .. } => denied(action, false),
                other => other,
            },
            _ => Self::Other,
        }
    }

    fn of_the_key(method: &Method, rest: &[&str]) -> Self {
        let named = |version: &str| (!version.is_empty()).then(|| version.to_owned());
        match (method.as_str(), rest) {
            ("GET", [] | [""]) => Self::Get(None),
            ("GET", ["versions"]) => Self::ListVersions,
            ("GET", [version]) => Self::Get(named(version)),
            ("PUT", []) => denied("keys/import/action", true),
            ("DELETE", []) => denied("keys/delete", true),
            ("POST", ["create"]) => denied("keys/create/action", true),
            ("POST", ["rotate"]) => denied("keys/rotate/action", true),
            ("POST", [version, operation]) => match operation.to_ascii_lowercase().as_str() {
                "wrapkey" => Self::Wrap(named(version)),
                "unwrapkey" => Self::Unwrap(named(version)),
                "encrypt" => Self::OtherKeyOperation("encrypt"),
                "decrypt" => Self::OtherKeyOperation("decrypt"),
                "sign" => Self::OtherKeyOperation("sign"),
                "verify" => Self::OtherKeyOperation("verify"),
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }

    /// As Key Vault's audit log names the operation.
    pub(super) fn operation(&self) -> &'static str {
        match self {
            Self::Get(_) => "KeyGet",
            Self::ListVersions => "KeyListVersions",
            Self::Wrap(_) => "KeyWrap",
            Self::Unwrap(_) => "KeyUnwrap",
            Self::OtherKeyOperation("encrypt") => "KeyEncrypt",
            Self::OtherKeyOperation("decrypt") => "KeyDecrypt",
            Self::OtherKeyOperation("sign") => "KeySign",
            Self::OtherKeyOperation(_) => "KeyVerify",
            Self::Denied { action, .. } => match *action {
                "keys/read" => "KeyGet",
                "keys/wrap/action" => "KeyWrap",
                "keys/unwrap/action" => "KeyUnwrap",
                "keys/import/action" => "KeyImport",
                "keys/delete" => "KeyDelete",
                "keys/rotate/action" => "KeyRotate",
                _ => "KeyCreate",
            },
            Self::Other => "Other",
        }
    }

    pub(super) fn version(&self) -> Option<&str> {
        match self {
            Self::Get(version) | Self::Wrap(version) | Self::Unwrap(version) => version.as_deref(),
            _ => None,
        }
    }

    /// Where faults are planned.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        match self {
            Self::Get(_) => Some(Endpoint::KeyGet),
            Self::Wrap(_) => Some(Endpoint::KeyWrap),
            Self::Unwrap(_) => Some(Endpoint::KeyUnwrap),
            _ => None,
        }
    }
}

fn denied(action: &'static str, on_the_key: bool) -> Asked {
    Asked::Denied { action, on_the_key }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_may_be_left_out_with_and_without_its_slash() {
        let version = || Some("v1".to_owned());
        for (method, path, asked) in [
            (Method::GET, "/keys/data-key-wrap", Asked::Get(None)),
            (Method::GET, "/keys/data-key-wrap/", Asked::Get(None)),
            (Method::GET, "//keys/data-key-wrap/v1", Asked::Get(version())),
            (Method::GET, "/keys/data-key-wrap/versions", Asked::ListVersions),
            (Method::POST, "/keys/data-key-wrap//wrapkey", Asked::Wrap(None)),
            (Method::POST, "/keys/data-key-wrap/v1/wrapKey", Asked::Wrap(version())),
            (Method::POST, "/keys/data-key-wrap/v1/unwrapkey", Asked::Unwrap(version())),
            (Method::GET, "/keys/data-key-wrap/v1/unwrapkey", Asked::Other),
            (Method::GET, "/secrets/data-key-wrap", Asked::Other),
        ] {
            assert_eq!(Asked::parse(&method, path), asked, "{method} {path}");
        }
    }

    #[test]
    fn the_role_is_on_one_key_and_does_not_manage_it() {
        for (method, path, action, on_the_key) in [
            (Method::POST, "/keys/data-key-wrap/create", "keys/create/action", true),
            (Method::POST, "/keys/data-key-wrap/rotate", "keys/rotate/action", true),
            (Method::PUT, "/keys/data-key-wrap", "keys/import/action", true),
            (Method::DELETE, "/keys/data-key-wrap", "keys/delete", true),
            (Method::GET, "/keys", "keys/read", false),
            (Method::GET, "/keys/another", "keys/read", false),
            (Method::POST, "/keys/another//unwrapkey", "keys/unwrap/action", false),
        ] {
            assert_eq!(Asked::parse(&method, path), Asked::Denied { action, on_the_key }, "{method} {path}");
        }
    }
}
