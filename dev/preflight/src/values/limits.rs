//! `MCP_LIMITS`, by the names that the handler has in `infra/contract.json`.

use super::{members, names};

/// The values that the variable takes, if it does not take this one.
pub(super) fn unfit(list: &str) -> Option<String> {
    let (known, largest) =
        (names::known("/limits/names"), names::contract("/limits/largest").as_u64().unwrap_or_default());
    let fault = members(list).find_map(|member| {
        let (name, value) = member.split_once('=').unwrap_or((member, ""));
        if !known.iter().any(|known| known == name) {
            return Some(format!("{name} is none of {}", known.join(", ")));
        }
        let fits = value.parse().is_ok_and(|number: u64| (1..=largest).contains(&number));
        (!fits).then(|| format!("{name} takes a number from 1 to {largest}"))
    })?;
    Some(format!("limits such as streams=64,grants=200 ({fault})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_known_limits_and_numbers_fits() {
        for list in ["streams=64", "streams=64,grants=200", " calls-per-minute=1000000, streams=1,", ""] {
            assert_eq!(unfit(list), None, "{list}");
        }
    }

    #[test]
    fn the_member_that_is_wrong_is_named() {
        for (list, fault) in [
            ("stream=64", "(stream is none of tool-calls-at-once, calls-per-minute, streams, "),
            ("grants=1,streams", "(streams takes a number from 1 to 1000000)"),
            ("streams=0", "(streams takes a number from 1 to 1000000)"),
            ("streams=1000001", "(streams takes"),
            ("streams=many", "(streams takes"),
        ] {
            let takes = unfit(list).unwrap();
            assert!(takes.contains(fault), "{list}: {takes}");
        }
    }
}
