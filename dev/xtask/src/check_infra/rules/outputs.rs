//! What a person sees of a deployment, and reads in its source.

use serde_json::Value;

use super::super::deployment::Deployment;
use super::super::project::Project;
use super::{Judged, Rule, Rules, unless};

pub(super) const RULES: Rules = &[
    ("outputs-upper-snake", Rule::Deployment(upper_snake)),
    ("outputs-name-the-endpoints", Rule::Deployment(endpoints)),
    ("outputs-no-credentials", Rule::Deployment(no_credentials)),
    ("described", Rule::Project(described)),
];

/// azd makes them environment variables.
fn upper_snake(deployment: &Deployment) -> Judged {
    let outputs = deployment.outputs.as_object().filter(|outputs| !outputs.is_empty()).ok_or("there are no outputs")?;
    Ok(outputs.keys().filter(|name| !is_upper_snake(name)).map(|name| format!("{name} is not UPPER_SNAKE")).collect())
}

/// Words of capitals and digits, at least two, joined by underscores.
fn is_upper_snake(name: &str) -> bool {
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.contains('_')
        && name.split('_').all(|word| !word.is_empty() && is_word(word))
}

fn endpoints(deployment: &Deployment) -> Judged {
    let outputs = deployment.outputs.as_object().ok_or("there are no outputs")?;
    let mut faults = vec![];
    for path in ["/mcp", "/mcp/sse"] {
        let ends = |value: &Value| {
            value.as_str().is_some_and(|text| text.contains(&format!("{path}'")) || text.ends_with(path))
        };
        faults.extend(unless(outputs.values().any(ends), || format!("no output is the endpoint {path}")));
    }
    Ok(faults)
}

/// What azd keeps as an environment variable is no place for a key, nor for a connection string, which may come to hold one.
const CREDENTIALS: [&str; 7] =
    ["accountkey", "connectionstring", "instrumentationkey", "listkeys", "primarykey", "secondarykey", "sharedkey"];

fn no_credentials(deployment: &Deployment) -> Judged {
    let outputs = deployment.outputs.as_object().ok_or("there are no outputs")?;
    let holds = |value: &Value| {
        let text = value.to_string().to_ascii_lowercase();
        CREDENTIALS.iter().any(|credential| text.contains(credential))
    };
    Ok(outputs.iter().filter(|(_, value)| holds(value)).map(|(name, value)| format!("{name} is {value}")).collect())
}

/// Every parameter and output of every file has a description on the lines above it.
fn described(project: &Project) -> Judged {
    let mut faults = vec![];
    for (path, text) in project.files.under("infra/", ".bicep") {
        let plain = undescribed(text).into_iter();
        faults.extend(plain.map(|line| format!("{path}: no description: {line}")));
    }
    Ok(faults)
}

fn undescribed(text: &str) -> Vec<&str> {
    let mut found = vec![];
    let mut described = false;
    for line in text.lines() {
        if line.starts_with("@description(") {
            described = true;
        } else if line.starts_with("param ") || line.starts_with("output ") || line.starts_with("type ") {
            if !described {
                found.push(line);
            }
            described = false;
        } else if line.trim().is_empty() {
            described = false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upper_snake_name_has_words_of_capitals() {
        assert!(is_upper_snake("MCP_ENDPOINT") && is_upper_snake("A_2"));
        for other in ["Endpoint", "ENDPOINT", "MCP_endpoint", "MCP__X", "_A", "A_", "2_A", ""] {
            assert!(!is_upper_snake(other), "{other}");
        }
    }

    #[test]
    fn a_description_is_the_next_declarations_own() {
        let text = "@description('A.')\n@minLength(1)\nparam a string\n\nparam b string\n@description('C.')\n\noutput c string = a\n";
        assert_eq!(undescribed(text), ["param b string", "output c string = a"]);
    }
}
