//! How to connect each client, one line for each. docs/clients.md says the rest.

/// Runs MCP Inspector.
const INSPECTOR: &str = "npx @modelcontextprotocol/inspector --web --server-url {mcp} --transport http";

/// Clients that one line on the command line connects, and that line; `{mcp}` is the address of the server.
const CLIENTS: [(&str, &str); 7] = [
    ("MCP Inspector", INSPECTOR),
    ("VS Code", r#"code --add-mcp '{"name":"local","type":"http","url":"{mcp}"}'"#),
    ("Claude Code", "claude mcp add --transport http local {mcp}"),
    ("Codex", "codex mcp add local --url {mcp}"),
    ("Gemini CLI", "gemini mcp add --transport http local {mcp}"),
    ("Copilot CLI", "copilot mcp add --transport http local {mcp}"),
    ("stdio only", "npx mcp-remote {mcp}"),
];

/// A line for each client.
pub(crate) fn lines(mcp: &str) -> String {
    let line = |(client, words): &(&str, &str)| format!("  {client:<13}  {}\n", words.replace("{mcp}", mcp));
    CLIENTS.iter().map(line).collect()
}

/// The command that runs MCP Inspector.
pub(crate) fn inspector(mcp: &str) -> String {
    INSPECTOR.replace("{mcp}", mcp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_the_name_of_the_client_and_the_address() {
        let lines = lines("http://127.0.0.1:1/mcp");
        assert_eq!(lines.lines().count(), CLIENTS.len());
        let claude = "  Claude Code    claude mcp add --transport http local http://127.0.0.1:1/mcp\n";
        assert!(lines.contains(claude) && !lines.contains("{mcp}"), "{lines}");
    }

    #[test]
    fn the_documentation_has_the_same_lines() {
        let pages = concat!(include_str!("../../../README.md"), include_str!("../../../docs/clients.md"));
        for (client, words) in CLIENTS {
            let words = words.replace("{mcp}", "http://127.0.0.1:7071/mcp");
            assert!(pages.contains(&words), "the documentation does not have the line of {client}: {words}");
        }
    }
}
