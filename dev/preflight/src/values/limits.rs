//! `MCP_LIMITS`, by the names that the handler has in `infra/contract.json`.

use serde_json::Value;

use super::members;

const CONTRACT: &str = include_str!("../../../../infra/contract.json");

/// What the variable takes, if the value is something else.
pub(super) fn unfit(list: &str) -> Option<String> {
    let (names, largest) = known();
    let fault = members(list).find_map(|member| {
        let (name, value) = member.split_once('=').unwrap_or((member, ""));
        if !names.iter().any(|known| known == name) {
            return Some(format!("{name} is none of {}", names.join(", ")));
        }
        let fits = value.parse().is_ok_and(|number: u64| (1..=largest).contains(&number));
        (!fits).then(|| format!("{name} takes a number from 1 to {largest}"))
    })?;
    Some(format!("limits such as streams=64,grants=200 ({fault})"))
}

/// The names of the limits, and the largest value.
fn known() -> (Vec<String>, u64) {
    let contract: Value = serde_json::from_str(CONTRACT).unwrap_or_default();
    let names = contract.pointer("/limits/names").and_then(Value::as_array).into_iter().flatten();
    let largest = contract.pointer("/limits/largest").and_then(Value::as_u64).unwrap_or_default();
    (names.filter_map(Value::as_str).map(str::to_owned).collect(), largest)
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
