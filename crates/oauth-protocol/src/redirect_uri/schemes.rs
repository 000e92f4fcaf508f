//! Private-use URI schemes (RFC 8252 §7.1): an allow-list, because any program may claim any scheme (§8.4).

/// Those of MCP clients that are known to redirect to one.
const KNOWN: [&str; 6] = ["cursor", "vscode", "vscode-insiders", "vscodium", "code-oss", "windsurf"];

/// Schemes that run script, read files, reach the network in the clear, or belong to the browser itself.
const NEVER: [&str; 24] = [
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

impl PrivateUseSchemes {
    /// Reads a list separated by commas or spaces. An empty list allows none.
    pub fn parse(list: &str) -> Result<Self, SchemeError> {
        let names = list.split([',', ' ']).filter(|name| !name.is_empty());
        names.map(checked).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn allow(&self, scheme: &str) -> bool {
        self.0.iter().any(|allowed| allowed == scheme)
    }
}

impl Default for PrivateUseSchemes {
    fn default() -> Self {
        Self(KNOWN.map(str::to_owned).to_vec())
    }
}

/// `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 §3.1), in lower case.
fn checked(name: &str) -> Result<String, SchemeError> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(inner) {
        return Err(SchemeError::NotAScheme(name.to_owned()));
    }
    let browsers_own = ["chrome", "moz-", "ms-browser-extension", "safari-"].iter().any(|own| name.starts_with(own));
    if NEVER.contains(&name) || browsers_own {
        return Err(SchemeError::Never(name.to_owned()));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_defaults_pass_their_own_check() {
        assert_eq!(PrivateUseSchemes::parse(&KNOWN.join(",")).unwrap().0, PrivateUseSchemes::default().0);
        for name in ["cursor", "vscode", "vscode-insiders"] {
            assert!(PrivateUseSchemes::default().allow(name), "{name}");
        }
    }

    #[test]
    fn a_list_replaces_the_defaults() {
        let schemes = PrivateUseSchemes::parse("com.example.app, other+1").unwrap();
        assert!(schemes.allow("com.example.app") && schemes.allow("other+1"));
        assert!(!schemes.allow("cursor") && !schemes.allow("com.example") && !schemes.allow(""));
    }

    #[test]
    fn an_empty_list_allows_none() {
        assert!(!PrivateUseSchemes::parse(" , ").unwrap().allow("cursor"));
    }

    #[test]
    fn dangerous_schemes_are_refused_even_if_configured() {
        let browsers = ["chrome-extension", "moz-extension", "chrome"];
        for name in NEVER.into_iter().chain(browsers) {
            assert_eq!(PrivateUseSchemes::parse(name).unwrap_err(), SchemeError::Never(name.to_owned()));
        }
    }

    #[test]
    fn text_that_is_not_a_scheme_is_refused_and_named() {
        for name in ["1password", "a/b", "cursor://", "cursor:", "Cursor", "JavaScript", "-a", "\u{e9}a", "a\0", "a\nb"]
        {
            let error = PrivateUseSchemes::parse(name).unwrap_err();
            assert_eq!(error, SchemeError::NotAScheme(name.to_owned()));
            assert!(!error.to_string().chars().any(char::is_control), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_list_is_parsed_or_refused(list in ".*") {
            if let Ok(schemes) = PrivateUseSchemes::parse(&list) {
                prop_assert!(NEVER.iter().all(|never| !schemes.allow(never)));
            }
        }
    }
}
