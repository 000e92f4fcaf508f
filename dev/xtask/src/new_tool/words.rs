//! The words of the command line about a tool, checked.

use clap::Args;

/// The options of `cargo xtask new-tool`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct Words {
    /// The tool's name, e.g. `list_tasks`.
    pub(super) name: String,
    /// A delegated permission of Microsoft Graph that the scope table does not have yet, e.g. `Tasks.Read`; without it the
    /// tool needs `User.Read`.
    #[arg(long, requires_all = ["id", "sentence"])]
    pub(super) permission: Option<String>,
    /// Its id, from the column of delegated permissions: <https://learn.microsoft.com/graph/permissions-reference>.
    #[arg(long, requires = "permission")]
    pub(super) id: Option<String>,
    /// The sentence of the consent page, e.g. "Read your tasks."
    #[arg(long, requires = "permission")]
    pub(super) sentence: Option<String>,
    /// Another checkout than this one.
    #[arg(long, hide = true)]
    pub(super) root: Option<std::path::PathBuf>,
}

/// Words that make no tool.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WordError {
    #[error("the name {0:?} is not lower-case words of letters and digits, joined by `_`, of at most 40 characters")]
    Name(String),
    #[error("the permission {0:?} does not look like `Tasks.Read`")]
    Permission(String),
    #[error("the id {0:?} is not a GUID in lower case")]
    Id(String),
    #[error("the sentence {0:?} does not end with a full stop, or has a quotation mark, a backslash or a brace")]
    Sentence(String),
}

/// A tool that can be written.
#[derive(Debug)]
pub(super) struct NewTool {
    pub(super) name: String,
    pub(super) permission: Option<NewPermission>,
}

/// A row of the scope table.
#[derive(Debug)]
pub(super) struct NewPermission {
    /// As Graph writes it.
    pub(super) downstream: String,
    pub(super) id: String,
    pub(super) sentence: String,
}

impl NewTool {
    pub(super) fn of(words: &Words) -> Result<Self, WordError> {
        let name = words.name.clone();
        let is_word = |word: &str| {
            let mut letters = word.bytes();
            letters.next().is_some_and(|first| first.is_ascii_lowercase())
                && letters.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        // Two words at least, so that no keyword of Rust and no module of the project has the name.
        if name.len() > 40 || !name.contains('_') || !name.split('_').all(is_word) {
            return Err(WordError::Name(name));
        }
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let permission = words.permission.clone().map(|downstream| {
            NewPermission { downstream, id: text(&words.id), sentence: text(&words.sentence) }.checked()
        });
        Ok(Self { name, permission: permission.transpose()? })
    }

    /// `ListTasks`.
    pub(super) fn type_name(&self) -> String {
        self.name.split('_').map(capitalised).collect()
    }

    /// `List tasks`.
    pub(super) fn title(&self) -> String {
        capitalised(&self.name.replace('_', " "))
    }

    /// The row of the scope table, in the code.
    pub(super) fn row(&self) -> String {
        self.permission.as_ref().map_or_else(|| "USER_READ".to_owned(), NewPermission::row)
    }
}

impl NewPermission {
    fn checked(self) -> Result<Self, WordError> {
        let is_word = |word: &str| {
            word.starts_with(|first: char| first.is_ascii_uppercase())
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let is_guid = |id: &str| {
            id.split('-').map(str::len).eq([8, 4, 4, 4, 12])
                && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        match self {
            Self { downstream, .. } if !downstream.contains('.') || !downstream.split('.').all(is_word) => {
                Err(WordError::Permission(downstream))
            }
            Self { id, .. } if !is_guid(&id) => Err(WordError::Id(id)),
            Self { sentence, .. } if !sentence.ends_with('.') || sentence.contains(['"', '\\', '\n', '{', '}']) => {
                Err(WordError::Sentence(sentence))
            }
            permission => Ok(permission),
        }
    }

    /// The key of its sentence in the texts of the pages, as src/http/pages/texts/mod.rs makes it.
    pub(super) fn text_key(&self) -> String {
        format!("permission_{}", self.scope().replace('.', "_"))
    }

    /// The scope of MCP clients.
    pub(super) fn scope(&self) -> String {
        self.downstream.to_lowercase()
    }

    /// `TASKS_READ`.
    pub(super) fn row(&self) -> String {
        self.downstream.replace('.', "_").to_uppercase()
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Result<NewTool, WordError> {
        NewTool::of(&Words { name: name.to_owned(), ..Words::default() })
    }

    fn with(permission: &str, id: &str, sentence: &str) -> Result<NewTool, WordError> {
        let [permission, id, sentence] = [permission, id, sentence].map(|text| Some(text.to_owned()));
        NewTool::of(&Words { name: "list_tasks".to_owned(), permission, id, sentence, root: None })
    }

    #[test]
    fn a_tool_has_a_name_a_type_and_a_title() {
        let tool = named("list_2nd_tasks");
        assert_eq!(tool.unwrap_err(), WordError::Name("list_2nd_tasks".to_owned()));
        let tool = named("list_tasks2").unwrap();
        assert_eq!(
            (tool.type_name(), tool.title(), tool.row()),
            ("ListTasks2".into(), "List tasks2".into(), "USER_READ".into())
        );
    }

    #[test]
    fn other_names_are_refused() {
        let long = format!("a_{}", "b".repeat(40));
        for name in
            ["", "mod", "mcp", "List_tasks", "list__tasks", "_tasks", "list-tasks", "../x_y", "list_täsks", &long]
        {
            assert_eq!(named(name).unwrap_err(), WordError::Name(name.to_owned()), "{name}");
        }
    }

    #[test]
    fn a_permission_has_a_scope_and_a_row() {
        let id = "f45671fb-e0fe-4b4b-be20-3d3ce43f1bcb";
        let tool = with("User.ReadBasic.All", id, "Read others.").unwrap();
        let permission = tool.permission.unwrap();
        assert_eq!((permission.scope(), permission.row()), ("user.readbasic.all".into(), "USER_READBASIC_ALL".into()));
        for (permission, id, sentence, fault) in [
            ("tasks.read", id, "Read.", WordError::Permission("tasks.read".into())),
            ("Tasks", id, "Read.", WordError::Permission("Tasks".into())),
            (
                "Tasks.Read",
                "F45671FB-e0fe-4b4b-be20-3d3ce43f1bcb",
                "Read.",
                WordError::Id("F45671FB-e0fe-4b4b-be20-3d3ce43f1bcb".into()),
            ),
            ("Tasks.Read", "f45671fb", "Read.", WordError::Id("f45671fb".into())),
            ("Tasks.Read", id, "Read", WordError::Sentence("Read".into())),
            ("Tasks.Read", id, "Read \"all\".", WordError::Sentence("Read \"all\".".into())),
            ("Tasks.Read", id, "Read {all}.", WordError::Sentence("Read {all}.".into())),
        ] {
            assert_eq!(with(permission, id, sentence).unwrap_err(), fault);
        }
    }
}
