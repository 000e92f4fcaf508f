//! Private-use URI schemes (RFC 8252 §7.1): an allow-list, because any program may claim any scheme (§8.4).

/// The schemes of MCP clients that are known to use one.
const KNOWN_SCHEMES: [&str; 7] = ["claude", "cursor", "vscode", "vscode-insiders", "vscodium", "code-oss", "windsurf"];

/// Schemes that run script, read files, reach the network in the clear, or belong to the browser itself.
const FORBIDDEN_SCHEMES: [&str; 24] = [
    "about",
    "blob",
    "cid",
    "data",
    "file",
    "filesystem",
    "ftp",
    "http",
    "https",
    "intent",
    "jar",
    "javascript",
    "livescript",
    "mailto",
    "mhtml",
    "mocha",
    "res",
    "resource",
    "tel",
    "vbs",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// The private-use schemes that clients may register.
#[derive(Clone, Debug)]
pub struct PrivateUseSchemes(Vec<String>);

/// Why a list is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemeError {
    /// RFC 3986 §3.1.
    #[error("{0:?} is not a URI scheme in lower case")]
    NotAScheme(String),
    /// Never a private-use scheme.
    #[error("{0} can never be a private-use scheme")]
    Never(String),
}

/// How far a scheme may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SchemeVerdict {
    /// On the list.
    Allowed,
    /// A private-use scheme that is not on the list.
    NotAllowed,
    /// No private-use scheme, whatever the list says.
    Never,
}

impl PrivateUseSchemes {
    /// The known schemes, and those of a list that is separated by commas or spaces.
    pub fn known_and(list: &str) -> Result<Self, SchemeError> {
        let further =
            list.split([',', ' ']).filter(|name| !name.is_empty()).map(|name| checked(name).map(str::to_owned));
        KNOWN_SCHEMES.map(|name| Ok(name.to_owned())).into_iter().chain(further).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a redirect URI may have this scheme.
    pub(super) fn judge(&self, scheme: &str) -> SchemeVerdict {
        if self.0.iter().any(|allowed| allowed == scheme) {
            SchemeVerdict::Allowed
        } else if checked(scheme).is_ok() {
            SchemeVerdict::NotAllowed
        } else {
            SchemeVerdict::Never
        }
    }
}

impl Default for PrivateUseSchemes {
    fn default() -> Self {
        Self(KNOWN_SCHEMES.map(str::to_owned).to_vec())
    }
}

/// `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 §3.1), in lower case.
fn checked(name: &str) -> Result<&str, SchemeError> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(inner) {
        return Err(SchemeError::NotAScheme(name.to_owned()));
    }
    let browsers_own = ["chrome", "moz-", "ms-browser-extension", "safari-"].iter().any(|own| name.starts_with(own));
    if FORBIDDEN_SCHEMES.contains(&name) || browsers_own {
        return Err(SchemeError::Never(name.to_owned()));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allow(schemes: &PrivateUseSchemes, scheme: &str) -> bool {
        schemes.judge(scheme) == SchemeVerdict::Allowed
    }

    #[test]
    fn known_schemes_pass_the_check_of_a_list() {
        assert!(KNOWN_SCHEMES.iter().all(|name| checked(name).is_ok()));
        for name in ["claude", "cursor", "vscode", "vscode-insiders"] {
            assert!(allow(&PrivateUseSchemes::default(), name), "{name}");
        }
    }

    #[test]
    fn a_list_adds_to_the_known_schemes() {
        let schemes = PrivateUseSchemes::known_and("com.example.app, other+1").unwrap();
        assert!(["com.example.app", "other+1", "cursor", "claude"].iter().all(|name| allow(&schemes, name)));
        assert_eq!(["com.example", "else"].map(|name| schemes.judge(name)), [SchemeVerdict::NotAllowed; 2]);
        assert_eq!(["", "javascript", "Cursor"].map(|name| schemes.judge(name)), [SchemeVerdict::Never; 3]);
    }

    #[test]
    fn an_empty_list_adds_nothing() {
        let schemes = PrivateUseSchemes::known_and(" , ").unwrap();
        assert_eq!(schemes.0, PrivateUseSchemes::default().0);
    }

    #[test]
    fn dangerous_schemes_are_refused_even_if_configured() {
        let browsers = ["chrome-extension", "moz-extension", "chrome"];
        for name in FORBIDDEN_SCHEMES.into_iter().chain(browsers) {
            assert_eq!(PrivateUseSchemes::known_and(name).unwrap_err(), SchemeError::Never(name.to_owned()));
        }
    }

    #[test]
    fn text_that_is_not_a_scheme_is_refused_and_named() {
        for name in ["1password", "a/b", "cursor://", "cursor:", "Cursor", "JavaScript", "-a", "\u{e9}a", "a\0", "a\nb"]
        {
            let error = PrivateUseSchemes::known_and(name).unwrap_err();
            assert_eq!(error, SchemeError::NotAScheme(name.to_owned()));
            assert!(!error.to_string().chars().any(char::is_control), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_list_is_parsed_or_refused(list in ".*") {
            if let Ok(schemes) = PrivateUseSchemes::known_and(&list) {
                prop_assert!(FORBIDDEN_SCHEMES.iter().all(|never| schemes.judge(never) == SchemeVerdict::Never));
            }
        }
    }
}
