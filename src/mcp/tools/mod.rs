//! The tools, a file each. A new tool is a file, its `mod`, and its line in [`Tools::all`].

mod arguments;
mod get_graph_user_details;
mod list_upcoming_events;
mod outcome;
mod progress;
mod schema;
mod search_mail;
mod text;
mod tool;

use std::sync::Arc;

use authorization_server::state::{roles::AppRole, scopes::Permission};
use rmcp::model::{self, CallToolResult, JsonObject};

use self::tool::ServedTool;
pub(super) use self::tool::ToolCall;
pub use self::{
    outcome::ToolError,
    tool::{Caller, Tool, ToolPorts},
};
pub(super) use self::{outcome::failure, progress::Progress};
use crate::config::ChosenTool;

/// The tools that are served.
#[derive(Clone)]
pub struct Tools(Arc<[ServedTool]>);

impl Tools {
    /// Every tool, in the order of `tools/list`.
    #[must_use]
    pub fn all() -> Self {
        Self(Arc::new([
            ServedTool::new::<get_graph_user_details::GetGraphUserDetails>(),
            ServedTool::new::<list_upcoming_events::ListUpcomingEvents>(),
            ServedTool::new::<search_mail::SearchMail>(),
        ]))
    }

    /// These, and one more at the end.
    #[must_use]
    pub fn and<T: Tool>(&self) -> Self {
        Self(self.0.iter().cloned().chain([ServedTool::new::<T>()]).collect())
    }

    /// The chosen tools, with the roles that were named beside them. The settings choose only tools that there are.
    #[must_use]
    pub fn only(&self, chosen: &[ChosenTool]) -> Self {
        let choice = |tool: &ServedTool| {
            let choice = chosen.iter().find(|chosen| chosen.name == tool.entry.name)?;
            Some(tool.clone().with_role(choice.role))
        };
        Self(self.0.iter().filter_map(choice).collect())
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|tool| &*tool.entry.name)
    }

    /// The rows of the scope table that the tool of this name needs; none if there is no such tool.
    pub(super) fn permissions(&self, name: &str) -> &'static [&'static Permission] {
        self.find(name).map_or(&[], |tool| tool.permissions)
    }

    /// The role that a caller needs for the tool of this name, if it needs one.
    pub(super) fn role(&self, name: &str) -> Option<&'static AppRole> {
        self.find(name)?.role
    }

    /// Whether any of them needs a role.
    pub(super) fn need_roles(&self) -> bool {
        self.0.iter().any(|tool| tool.role.is_some())
    }

    /// Their entries in `tools/list`.
    pub(super) fn entries(&self) -> impl Iterator<Item = &model::Tool> {
        self.0.iter().map(|tool| &tool.entry)
    }

    /// The tool of this name.
    pub(super) fn entry(&self, name: &str) -> Option<&model::Tool> {
        self.find(name).map(|tool| &tool.entry)
    }

    /// Calls the tool of this name; `None` if there is none.
    pub(super) async fn call(&self, name: &str, given: JsonObject, caller: ToolCall<'_>) -> Option<CallToolResult> {
        Some(self.find(name)?.call(caller, given).await)
    }

    fn find(&self, name: &str) -> Option<&ServedTool> {
        self.0.iter().find(|tool| tool.entry.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use authorization_server::state::roles::ADMIN;
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_tool_says_what_it_does_and_that_it_only_reads() {
        let tools = Tools::all();
        assert!(tools.entries().count() > 0);
        for tool in tools.entries().map(|tool| serde_json::to_value(tool).unwrap()) {
            assert!(tool["description"].as_str().is_some_and(|text| text.ends_with('.')), "{tool}");
            assert!(tool["title"].is_string() && tool["title"] == tool["annotations"]["title"], "{tool}");
            assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        }
    }

    #[test]
    fn every_schema_is_one_of_an_object_and_arguments_have_no_other_members() {
        for tool in Tools::all().entries() {
            assert_eq!(tool.input_schema["type"], "object", "{}", tool.name);
            assert_eq!(tool.input_schema["additionalProperties"], false, "{}", tool.name);
            assert_eq!(tool.output_schema.as_ref().unwrap()["type"], "object", "{}", tool.name);
            let described = |member: &Value| member["description"].as_str().is_some_and(|text| text.ends_with('.'));
            let arguments = tool.input_schema.get("properties").and_then(Value::as_object);
            for (name, argument) in arguments.into_iter().flatten() {
                assert!(described(argument), "{}: {name}", tool.name);
            }
        }
    }

    /// A browser may send only the headers that `src/http/cors.rs` allows.
    #[test]
    fn no_argument_is_repeated_by_a_header_that_cors_does_not_allow() {
        for tool in Tools::all().entries() {
            assert!(!Value::Object((*tool.input_schema).clone()).to_string().contains("x-mcp-header"), "{}", tool.name);
        }
    }

    #[test]
    fn an_operator_chooses_among_the_tools_and_their_order_stays() {
        let chosen = |name: &str| ChosenTool { name: name.to_owned(), role: None };
        let chosen = ["search_mail", "get_graph_user_details"].map(chosen);
        let tools = Tools::all().only(&chosen);
        let names: Vec<_> = tools.entries().map(|tool| &*tool.name).collect();
        assert_eq!(names, ["get_graph_user_details", "search_mail"]);
    }

    #[test]
    fn an_operator_may_give_a_tool_a_role_and_none_has_one_by_itself() {
        let name = "search_mail".to_owned();
        let tools = Tools::all().only(&[ChosenTool { name, role: Some(&ADMIN) }]);
        assert_eq!((tools.role("search_mail"), tools.need_roles()), (Some(&ADMIN), true));
        assert_eq!((Tools::all().role("search_mail"), Tools::all().need_roles()), (None, false));
    }

    #[test]
    fn names_are_unique_and_every_tool_needs_a_scope() {
        let tools = Tools::all();
        let names: HashSet<_> = tools.entries().map(|tool| &tool.name).collect();
        assert_eq!(names.len(), tools.entries().count());
        assert!(tools.0.iter().all(|tool| !tool.permissions.is_empty()));
    }
}
