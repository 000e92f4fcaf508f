//! The response of Entra ID's admin consent endpoint, which comes to the same redirect URI as a sign-in.
//!
//! <https://learn.microsoft.com/entra/identity-platform/v2-admin-consent>

use crate::form::Form;

/// An administrator comes back from Entra's page. Anybody can make a link with this response, so it proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminConsentResponse<'a> {
    /// The tenant for which the administrator was asked.
    pub tenant: &'a str,
}

impl<'a> AdminConsentResponse<'a> {
    /// Reads the query; `None` if it is another response.
    #[must_use]
    pub fn parse(query: &'a Form) -> Option<Self> {
        let single = |name| query.single(name).ok().flatten();
        single("admin_consent").filter(|answer| answer.eq_ignore_ascii_case("true"))?;
        Some(Self { tenant: single("tenant")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(query: &str) -> Option<String> {
        let form = Form::parse(query.as_bytes()).unwrap();
        AdminConsentResponse::parse(&form).map(|response| response.tenant.to_owned())
    }

    /// The successful response of the page above.
    #[test]
    fn the_tenant_is_read() {
        assert_eq!(tenant("admin_consent=True&tenant=fa00d692&state=12345").as_deref(), Some("fa00d692"));
        assert_eq!(tenant("tenant=fa00d692&admin_consent=true").as_deref(), Some("fa00d692"));
    }

    #[test]
    fn another_response_is_none() {
        for query in [
            "",
            "tenant=fa00d692",
            "admin_consent=True",
            "admin_consent=False&tenant=fa00d692",
            "admin_consent=True&admin_consent=True&tenant=fa00d692",
            "admin_consent=True&tenant=fa00d692&tenant=fa00d692",
            "error=permission_denied&tenant=fa00d692",
        ] {
            assert_eq!(tenant(query), None, "{query}");
        }
    }
}
