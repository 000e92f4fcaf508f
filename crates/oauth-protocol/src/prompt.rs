//! `prompt` (OpenID Connect Core §3.1.2.1), which MCP clients send although they are not OpenID clients.

/// The prompts that the client requests.
#[expect(clippy::struct_excessive_bools, reason = "the values of one parameter are independent of each other")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Not at all: an error instead of any page.
    pub none: bool,
    /// Sign in again.
    pub login: bool,
    /// Consent again.
    pub consent: bool,
    /// Choose among accounts.
    pub select_account: bool,
}

/// `none` together with another value (§3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromptError;

impl Prompt {
    /// Reads the values, separated by blanks. An unknown one asks for nothing that we have, and is ignored.
    pub fn parse(text: &str) -> Result<Self, PromptError> {
        let mut prompt = Self::default();
        for value in text.split(' ') {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => {}
            }
        }
        if prompt.none && text.split(' ').filter(|value| !value.is_empty()).count() > 1 {
            return Err(PromptError);
        }
        Ok(prompt)
    }

    /// Whether a remembered approval must not be used.
    #[must_use]
    pub fn requires_interaction(self) -> bool {
        self.login || self.consent
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_add_up_and_unknown_ones_ask_for_nothing() {
        let prompt = Prompt::parse("login  select_account create").unwrap();
        assert_eq!(prompt, Prompt { login: true, select_account: true, ..Prompt::default() });
        assert_eq!(Prompt::parse(""), Ok(Prompt::default()));
    }

    #[test]
    fn none_stands_alone() {
        assert_eq!(Prompt::parse("none"), Ok(Prompt { none: true, ..Prompt::default() }));
        for text in ["none login", "consent none", "none unknown", "none none"] {
            assert_eq!(Prompt::parse(text), Err(PromptError), "{text}");
        }
    }

    #[test]
    fn login_and_consent_ask_anew_and_select_account_does_not() {
        let asks = |text| Prompt::parse(text).unwrap().requires_interaction();
        assert_eq!((asks("login"), asks("consent"), asks("select_account"), asks("none")), (true, true, false, false));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = Prompt::parse(&text);
        }
    }
}
