//! The codes and refresh tokens that a person who signed in may still redeem.

/// Codes and refresh tokens of the person.
#[derive(Debug, Default)]
pub(crate) struct SignIns {
    pub(crate) device_codes: Vec<String>,
    pub(crate) refresh_tokens: Vec<String>,
}

impl SignIns {
    /// Once.
    pub(crate) fn redeem(&mut self, device_code: &str) -> bool {
        let place = self.device_codes.iter().position(|code| code == device_code);
        place.map(|place| self.device_codes.swap_remove(place)).is_some()
    }

    /// Entra lets a public client's refresh token be used again.
    pub(crate) fn may_refresh(&self, refresh_token: &str) -> bool {
        self.refresh_tokens.iter().any(|token| token == refresh_token)
    }
}
