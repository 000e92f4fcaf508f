//! Where API Management allows which policy: "Policy sections" under "Usage" on each policy's page of its policy reference
//! (<https://learn.microsoft.com/azure/api-management/api-management-policies>).

/// The sections, as bits.
const IN: u8 = 1;
const BACK: u8 = 2;
const OUT: u8 = 4;
const ERROR: u8 = 8;
const ALL: u8 = IN | BACK | OUT | ERROR;

/// What an element may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Nothing but text.
    Nothing,
    /// These elements, which are no policies.
    Only(&'static [&'static str]),
    /// These elements, each of which holds policies.
    Branches(&'static [&'static str]),
}

use Holds::{Branches, Nothing, Only};

/// The policies that are used here, and those that other rules speak of. None fetches or includes anything.
const POLICIES: &[(&str, u8, Holds)] = &[
    ("authentication-managed-identity", IN, Nothing),
    ("base", ALL, Nothing),
    ("choose", ALL, Branches(&["when", "otherwise"])),
    ("cors", IN, Only(&["allowed-origins", "allowed-methods", "allowed-headers", "expose-headers"])),
    ("forward-request", BACK, Nothing),
    ("rate-limit-by-key", IN, Nothing),
    ("return-response", ALL, Only(&["set-status", "set-header", "set-body"])),
    ("set-body", IN | BACK | OUT, Nothing),
    ("set-header", ALL, Only(&["value"])),
    ("set-variable", ALL, Nothing),
];

/// The document's sections, in their order, each with its bit.
pub(super) const SECTIONS: [(&str, u8); 4] =
    [("inbound", IN), ("backend", BACK), ("outbound", OUT), ("on-error", ERROR)];

/// What a policy may hold, where the section allows it.
pub(super) fn holds(policy: &str, section: u8) -> Result<Holds, &'static str> {
    match POLICIES.iter().find(|(name, ..)| *name == policy) {
        None => Err("is no policy that is known here"),
        Some((_, sections, _)) if sections & section == 0 => Err("is not allowed in this section"),
        Some((.., holds)) => Ok(*holds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_listed_once_and_in_order() {
        assert!(POLICIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_policy_is_allowed_in_its_sections_only() {
        assert_eq!(holds("rate-limit-by-key", IN), Ok(Nothing));
        assert!(holds("rate-limit-by-key", OUT).unwrap_err().contains("not allowed"));
        assert!(holds("forward-request", IN).is_err());
        assert!(holds("rate-limit-by-keys", IN).unwrap_err().contains("known"));
    }
}
