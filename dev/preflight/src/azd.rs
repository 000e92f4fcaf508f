//! azd, for the values of the environment and for tokens of its login.

use std::process::{Command, Stdio};

use serde_json::Value;

/// Scope of tokens for Microsoft Graph.
pub(crate) const GRAPH: &str = "https://graph.microsoft.com/.default";

/// The environment's values, which azd keeps in `.azure/NAME/.env`.
pub(crate) fn values() -> Result<Value, String> {
    json(&["env", "get-values"])
}

/// A token of azd's login: for the resource manager, or for this scope.
pub(crate) fn token(scope: Option<&str>) -> Result<String, String> {
    let mut words = vec!["auth", "token"];
    words.extend(scope.into_iter().flat_map(|scope| ["--scope", scope]));
    let answer = json(&words)?;
    let token = answer.pointer("/token").and_then(Value::as_str);
    token.map(str::to_owned).ok_or_else(|| "azd auth token printed no token".to_owned())
}

/// Name of the cloud that azd is configured for; the public one unless it says otherwise.
pub(crate) fn cloud() -> String {
    let name = json(&["config", "get", "cloud.name"]).ok().and_then(|name| name.as_str().map(str::to_owned));
    name.unwrap_or_else(|| "AzureCloud".to_owned())
}

fn json(words: &[&str]) -> Result<Value, String> {
    let asked = format!("azd {}", words.join(" "));
    let mut command = Command::new("azd");
    command.args(words).args(["--output", "json", "--no-prompt"]).stdin(Stdio::null());
    let output = command.output().map_err(|error| format!("{asked}: {error}"))?;
    if output.status.success() {
        return serde_json::from_slice(&output.stdout).map_err(|error| format!("{asked}: {error}"));
    }
    let said = [output.stderr, output.stdout].map(|said| String::from_utf8_lossy(&said).into_owned());
    Err(format!("{asked}: {}", said.iter().flat_map(|said| said.lines()).map(message).collect::<Vec<_>>().join(" ")))
}

/// The message in one line of azd's output: with `--output json` it is in an object.
fn message(line: &str) -> String {
    let object: Value = serde_json::from_str(line).unwrap_or_default();
    let said = object.pointer("/data/message").and_then(Value::as_str).unwrap_or(line).trim();
    said.strip_prefix("ERROR: ").unwrap_or(said).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azds_message_is_shown_without_its_wrapping() {
        let line =
            r#"{"type":"consoleMessage","data":{"message":"\nERROR: not logged in, run `azd auth login` to login\n"}}"#;
        assert_eq!(message(line), "not logged in, run `azd auth login` to login");
        assert_eq!(message("ERROR: plain"), "plain");
    }
}
