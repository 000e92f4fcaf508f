//! The settings, held against the limits of `infra/main.bicep` and against what only the deployed handler or Azure would
//! say later.
//!
//! azd writes a value into JSON as it is, and drops a number or a truth value that it cannot read
//! (`pkg/infra/provisioning/bicep/bicep_provider.go` in Azure/azure-dev, 1.31).

mod limits;
mod names;
mod shape;

use crate::environment::Environment;
use crate::findings::Findings;
use crate::parameters::{Kind, Parameter};

/// Adds a fault for each value that would stop the deployment, be lost, or keep the handler from starting.
pub(crate) fn check(parameters: &[Parameter], environment: &Environment, findings: &mut Findings) {
    for Parameter { variable, kind } in parameters {
        if let Some(value) = environment.get(variable) {
            match unfit(variable, kind, value) {
                Some(takes) => {
                    let cure = format!("It takes {takes}: {}", correction(variable, kind, value));
                    findings.fault(format!("{variable} is {value:?}"), cure);
                }
                None => note(variable, environment, findings),
            }
        }
    }
}

/// The values that the variable takes, if it does not take this one.
fn unfit(variable: &str, kind: &Kind, value: &str) -> Option<String> {
    if value.contains(is_unfit_for_json) {
        return Some(
            "no quotation mark, backslash or control character, because azd puts it into JSON as it is".into(),
        );
    }
    match kind {
        Kind::Bool => (!["true", "false"].contains(&value)).then(|| "true or false".to_owned()),
        Kind::Int { least, most } => {
            let fits = value.parse().is_ok_and(|number: i64| (*least..=*most).contains(&number));
            (!fits).then(|| range(*least, *most))
        }
        Kind::Text { allowed } if !allowed.is_empty() => {
            (!allowed.iter().any(|text| text == value)).then(|| format!("one of {}", allowed.join(", ")))
        }
        Kind::Text { .. } => shape::unfit(variable, value),
    }
}

/// The handler splits lists like this.
fn members(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).filter(|member| !member.is_empty())
}

fn is_unfit_for_json(letter: char) -> bool {
    letter.is_control() || "\"\\".contains(letter)
}

fn range(least: i64, most: i64) -> String {
    match (least, most) {
        (i64::MIN, i64::MAX) => "a whole number".to_owned(),
        (least, i64::MAX) => format!("a whole number, {least} or more"),
        (least, most) => format!("a whole number from {least} to {most}"),
    }
}

/// The command that mends it, with the value that was meant where that is clear.
fn correction(variable: &str, kind: &Kind, value: &str) -> String {
    let lower = value.to_ascii_lowercase();
    let bare = format!("'{}'", value.replace(is_unfit_for_json, ""));
    let meant = match kind {
        Kind::Bool if ["yes", "on", "1", "true", "t"].contains(&lower.as_str()) => "true",
        Kind::Bool => "false",
        Kind::Text { allowed } if allowed.contains(&lower) => &lower,
        Kind::Text { allowed } if allowed.is_empty() && value.contains(is_unfit_for_json) => &bare,
        _ => "VALUE",
    };
    if variable == "AZURE_LOCATION" || variable == "AZURE_ENV_NAME" {
        return "azd env new NAME makes another environment; names contain the environment's name and region"
            .to_owned();
    }
    format!("azd env set {variable} {meant}")
}

/// Half a budget is none, and Azure refuses to move a budget's start, which by default is this month.
fn note(variable: &str, environment: &Environment, findings: &mut Findings) {
    let (amount, email) = ("BUDGET_AMOUNT", "BUDGET_CONTACT_EMAIL");
    let other = match variable {
        "BUDGET_AMOUNT" if environment.get(amount) != Some("0") => email,
        "BUDGET_CONTACT_EMAIL" => amount,
        _ => return,
    };
    if environment.get(other).is_none() {
        findings.note(format!("{variable} is set without {other}: there will be no budget"));
    } else if variable == amount && environment.get("BUDGET_START_DATE").is_none() {
        findings
            .note("BUDGET_START_DATE is not set: set it to the first of this month, or next month's deployment fails");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variable: &str, kind: Kind, value: &str) -> Vec<String> {
        let parameters = [Parameter { variable: variable.to_owned(), kind }];
        let mut findings = Findings::default();
        check(&parameters, &Environment::of(&[(variable, value)]), &mut findings);
        findings.to_string().lines().take_while(|line| !line.starts_with("preflight")).map(str::to_owned).collect()
    }

    fn text(allowed: &[&str]) -> Kind {
        Kind::Text { allowed: allowed.iter().map(|&text| text.to_owned()).collect() }
    }

    #[test]
    fn a_name_with_a_quote_is_refused_in_words() {
        let lines = found("MCP_SERVER_NAME", text(&[]), "Contoso \"MCP\"");
        assert_eq!(lines[0], r#"fault: MCP_SERVER_NAME is "Contoso \"MCP\"""#);
        assert!(lines[1].contains("no quotation mark"), "{lines:?}");
        assert!(lines[1].ends_with("azd env set MCP_SERVER_NAME 'Contoso MCP'"), "{lines:?}");
        for name in ["Contoso\\MCP", "Contoso\nMCP"] {
            assert_eq!(found("MCP_SERVER_NAME", text(&[]), name).len(), 2, "{name:?}");
        }
        assert_eq!(found("MCP_SERVER_NAME", text(&[]), "Contoso's MCP, Zürich"), [""; 0]);
    }

    #[test]
    fn a_truth_value_that_azd_would_drop_is_refused_with_the_one_that_was_meant() {
        for (value, meant) in [("yes", "true"), ("TRUE", "true"), ("1", "true"), ("no", "false"), ("off", "false")] {
            let cure = format!("    It takes true or false: azd env set VNET_ENABLED {meant}");
            assert_eq!(found("VNET_ENABLED", Kind::Bool, value)[1], cure, "{value}");
        }
        assert_eq!(found("VNET_ENABLED", Kind::Bool, "true"), [""; 0]);
    }

    #[test]
    fn a_number_is_whole_and_in_its_range() {
        let kind = || Kind::Int { least: 0, most: 20 };
        for value in ["12.5", "-1", "21", "many", "0x10"] {
            assert!(found("ALWAYS_READY_COUNT", kind(), value)[1].contains("from 0 to 20"), "{value}");
        }
        for value in ["0", "20"] {
            assert_eq!(found("ALWAYS_READY_COUNT", kind(), value), [""; 0], "{value}");
        }
        let open = Kind::Int { least: 0, most: i64::MAX };
        assert!(found("BUDGET_AMOUNT", open, "-5")[1].contains("0 or more"));
    }

    #[test]
    fn one_of_a_list_is_written_as_the_list_has_it() {
        let cure = "    It takes one of error, info: azd env set MCP_LOG_LEVEL info";
        assert_eq!(found("MCP_LOG_LEVEL", text(&["error", "info"]), "INFO")[1], cure);
        assert!(found("AZURE_LOCATION", text(&["westeurope"]), "westus3")[1].contains("azd env new"));
    }

    #[test]
    fn all_faults_are_found_at_once_and_half_a_budget_is_noted() {
        let parameters = [
            ("VNET_ENABLED", Kind::Bool),
            ("BUDGET_AMOUNT", Kind::Int { least: 0, most: i64::MAX }),
            ("BUDGET_START_DATE", text(&[])),
        ];
        let parameters = parameters.map(|(variable, kind)| Parameter { variable: variable.to_owned(), kind });
        let values = [("VNET_ENABLED", "yes"), ("BUDGET_AMOUNT", "500"), ("BUDGET_START_DATE", "2026-11-15")];
        let mut findings = Findings::default();
        check(&parameters, &Environment::of(&values), &mut findings);
        assert_eq!(findings.faults(), ["VNET_ENABLED is \"yes\"", "BUDGET_START_DATE is \"2026-11-15\""]);
        assert_eq!(findings.notes(), ["BUDGET_AMOUNT is set without BUDGET_CONTACT_EMAIL: there will be no budget"]);
        let mut findings = Findings::default();
        let values = [("BUDGET_AMOUNT", "500"), ("BUDGET_CONTACT_EMAIL", "a@b.example")];
        check(&parameters, &Environment::of(&values), &mut findings);
        assert!(findings.notes()[0].starts_with("BUDGET_START_DATE is not set"), "{findings}");
    }
}
