//! The message when everything runs: text for people, one JSON line for programs.

use std::{fmt::Write as _, path::PathBuf};

use serde_json::json;

/// The addresses of everything that runs.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) url: String,
    pub(crate) server: Server,
    pub(crate) tenant: String,
    /// The bearer token of the tenant's control API. It is for programs, so the text does not tell it.
    pub(crate) control_token: String,
    /// With `--azure`.
    pub(crate) cosmos: Option<String>,
    pub(crate) users: Vec<local_tenant::User>,
    /// The log of the handler, unless its lines come to the terminal.
    pub(crate) log: Option<PathBuf>,
}

/// The host of the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    /// This program.
    StandIn,
    /// `func start`, started by this program.
    CoreTools,
    /// `func start`, which the person has still to run.
    ToBeStarted,
}

impl Server {
    fn first_line(self) -> &'static str {
        match self {
            Self::StandIn => "The MCP server is ready. Ctrl-C stops everything.",
            Self::CoreTools => "`func start` serves the MCP server. Ctrl-C stops everything.",
            Self::ToBeStarted => {
                "Everything but the MCP server is ready: local.settings.json is written, but `func` is not on PATH.\n\
                 Run `func start` (Azure Functions Core Tools) in the repository root. Ctrl-C stops the tenant."
            }
        }
    }
}

impl Ready {
    pub(crate) fn mcp(&self) -> String {
        format!("{}/mcp", self.url)
    }

    pub(crate) fn json(&self) -> String {
        let users: Vec<_> = self
            .users
            .iter()
            .map(|user| json!({ "display_name": user.display_name, "user_principal_name": user.user_principal_name }))
            .collect();
        json!({
            "ready": self.server != Server::ToBeStarted,
            "url": self.url,
            "mcp": self.mcp(),
            "tenant": self.tenant,
            "control_token": self.control_token,
            "unfit": functions_host::UNFIT,
            "cosmos": self.cosmos,
            "users": users,
            "log": self.log,
        })
        .to_string()
    }

    pub(crate) fn text(&self) -> String {
        let first_line = self.server.first_line();
        let (mcp, tenant) = (self.mcp(), &self.tenant);
        let cosmos = self.cosmos.as_ref().map(|url| {
            format!("\n  Cosmos DB   {url}  (emulated, as is Key Vault; deleted at the end)\n  handlers    2")
        });
        let cosmos = cosmos.unwrap_or_default();
        let log = self.log.as_ref().map(|log| format!("\n  log         {}", log.display())).unwrap_or_default();
        let users = self.users();
        let (url, clients) = (&self.url, crate::connect::lines(&mcp));
        format!(
            r"
{first_line}

  MCP server  {mcp}  (Streamable HTTP; {mcp}/sse for HTTP+SSE)
  your side   {url}/connections  (see and revoke what you allowed)
  operator    {url}/operator  (for Alice, who has the role Admin)
  tenant      {tenant}  (stands in for Entra ID and Microsoft Graph: open it to watch and to break them){cosmos}{log}

Users to sign in as; there is no password:
{users}
Connect a client; docs/clients.md has more of them, and what to do when one is stuck:
{clients}"
        )
    }

    /// The display name comes last, because it may run from right to left.
    fn users(&self) -> String {
        let width = self.users.iter().map(|user| user.user_principal_name.len()).max().unwrap_or_default();
        self.users.iter().fold(String::new(), |mut lines, user| {
            let _ = writeln!(lines, "  {:width$}  {}", user.user_principal_name, user.display_name);
            lines
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn ready() -> Ready {
        let user = |name: &str| local_tenant::user(name).unwrap().clone();
        Ready {
            url: "http://127.0.0.1:7071".to_owned(),
            server: Server::StandIn,
            tenant: "http://localhost:7072".to_owned(),
            control_token: "the control token".to_owned(),
            cosmos: None,
            users: vec![user("alice@contoso.example"), user("bob@contoso.example")],
            log: Some("/src/.local/handler.log".into()),
        }
    }

    #[test]
    fn the_text_names_where_everything_is() {
        let text = ready().text();
        for part in [
            "http://127.0.0.1:7071/mcp",
            "http://127.0.0.1:7071/operator",
            "http://localhost:7072",
            "/src/.local/handler.log",
            "Ctrl-C stops everything",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn without_func_the_text_says_what_to_run_and_the_json_that_nothing_serves_yet() {
        let ready = Ready { server: Server::ToBeStarted, log: None, ..ready() };
        assert!(ready.text().contains("Run `func start`") && !ready.text().contains("  log"));
        assert_eq!(serde_json::from_str::<Value>(&ready.json()).unwrap()["ready"], false);
    }

    #[test]
    fn with_azure_the_text_names_the_store() {
        let ready = Ready { cosmos: Some("http://127.0.0.1:7073".to_owned()), ..ready() };
        assert!(ready.text().contains("\n  Cosmos DB   http://127.0.0.1:7073  "));
    }

    #[test]
    fn the_text_lists_the_users_in_columns() {
        assert!(
            ready().text().contains("\n  alice@contoso.example  Alice Adams\n  bob@contoso.example    Bob Brown\n")
        );
    }

    #[test]
    fn the_argument_for_vs_code_is_json_with_the_url() {
        let text = ready().text();
        let argument = text.split_once("--add-mcp '").unwrap().1.split_once("'\n").unwrap().0;
        let argument: Value = serde_json::from_str(argument).unwrap();
        assert_eq!(argument["url"], "http://127.0.0.1:7071/mcp");
    }

    #[test]
    fn the_json_is_one_line_with_every_member() {
        let line = ready().json();
        assert_eq!(line.lines().count(), 1);
        let expected = json!({
            "ready": true,
            "url": "http://127.0.0.1:7071",
            "mcp": "http://127.0.0.1:7071/mcp",
            "tenant": "http://localhost:7072",
            "control_token": "the control token",
            "unfit": functions_host::UNFIT,
            "cosmos": null,
            "users": [
                { "display_name": "Alice Adams", "user_principal_name": "alice@contoso.example" },
                { "display_name": "Bob Brown", "user_principal_name": "bob@contoso.example" },
            ],
            "log": "/src/.local/handler.log",
        });
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
    }
}
