//! Every file that a new tool touches, as it then is.

use std::path::Path;
use std::{collections::BTreeMap, fs, io};

use serde_json::{Value, json};

use super::edit::{self, EditError, after, append, before, declare};
use super::words::{NewPermission, NewTool};

const TOOL: &str = include_str!("templates/tool.rs.txt");
const TEST: &str = include_str!("templates/test.rs.txt");
/// Microsoft Graph.
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Why nothing is written.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChangeError {
    #[error("{0} is there already")]
    Exists(String),
    #[error("the scope table has {0} already: leave --permission out, and name its row in the tool's file")]
    Known(String),
    #[error("{0} cannot be read: {1}")]
    Read(String, #[source] io::Error),
    #[error("{0} cannot be changed: {1}")]
    Edit(String, #[source] EditError),
}

/// Texts by their paths. Nothing is written before every change is known to fit.
pub(super) struct Changes<'a> {
    root: &'a Path,
    texts: BTreeMap<String, String>,
}

/// The changes for a tool in this checkout.
pub(super) fn of(root: &Path, tool: &NewTool) -> Result<BTreeMap<String, String>, ChangeError> {
    let mut changes = Changes { root, texts: BTreeMap::new() };
    changes.tool(tool)?;
    let listed = format!("`{}`, ", tool.name);
    let outcome = match &tool.permission {
        None => changes.edit("docs/clients.md", |text| after(text, "| `user.read` | ", &listed)),
        Some(permission) => changes.permission(tool, permission),
    };
    outcome.map(|()| changes.texts)
}

impl Changes<'_> {
    /// The tool, its line, its test, and the lists of all tools.
    fn tool(&mut self, tool: &NewTool) -> Result<(), ChangeError> {
        let (name, type_name) = (&tool.name, tool.type_name());
        self.write(&format!("src/mcp/tools/{name}.rs"), filled(TOOL, tool))?;
        self.write(&format!("tests/http/{name}.rs"), filled(TEST, tool))?;
        let line = format!("            ServedTool::new::<{name}::{type_name}>(),\n");
        self.edit("src/mcp/tools/mod.rs", |text| before(&declare(text, name)?, "        ]))\n", &line))?;
        self.edit("tests/http/main.rs", |text| declare(text, name))?;
        self.edit("dev/e2e/lib/sdk-client.mjs", |text| {
            append(text, "export const TOOLS = [", "]", ", ", &format!("'{name}'"))
        })?;
        self.contract(|contract| push(contract, "/tools", json!(name)))
    }

    /// The row, and everything that names the permissions.
    fn permission(&mut self, tool: &NewTool, permission: &NewPermission) -> Result<(), ChangeError> {
        let (row, scope, downstream) = (permission.row(), permission.scope(), &permission.downstream);
        let table = "crates/authorization-server/src/state/scopes.rs";
        if self.text(table)?.contains(&format!("downstream: \"{downstream}\"")) {
            return Err(ChangeError::Known(downstream.clone()));
        }
        self.edit(table, |text| {
            let text =
                before(text, "/// Every scope. A further permission is one more row.\n", &static_row(permission))?;
            append(&text, "pub static PERMISSIONS: &[&Permission] = &[", "]", ", ", &format!("&{row}"))
        })?;
        self.contract(|contract| {
            let apis = contract.pointer_mut("/apis")?.as_array_mut()?;
            let graph = apis.iter_mut().find(|api| api.get("clientId").is_some_and(|id| id == GRAPH))?;
            push(graph, "/permissions", json!({ "id": permission.id, "name": downstream }))?;
            push(contract, "/delegatedPermissions", json!({ "name": scope, "sentence": permission.sentence }))?;
            push(contract, "/scopes", json!(scope))
        })?;
        self.edit("docs/clients.md", |text| {
            let place = "\n\nA tool asks for its scope when it is first called.";
            before(text, place, &format!("\n| `{scope}` | `{}` |", tool.name))
        })?;
        for language in self.translations()? {
            let put = format!("# Not translated yet.\n{} = {}\n", permission.text_key(), permission.sentence);
            self.edit(&language, |text| after(text, "## The sentences of the permissions\n\n", &put))?;
        }
        self.edit("docs/deploy.md", |text| append(text, "--scope \"openid profile", "\"", " ", downstream))?;
        self.app_registration(permission)?;
        self.local_tenant(permission)
    }

    /// The rules about the app registration. Bicep itself reads the contract.
    fn app_registration(&mut self, permission: &NewPermission) -> Result<(), ChangeError> {
        let scopes = self.contract_scopes()?;
        let exposed = |count: usize| format!("/properties/api/oauth2PermissionScopes: {{items: {count}}}");
        let named =
            |at: usize, scope: &str| format!("        /properties/api/oauth2PermissionScopes/{at}/value: {scope}\n");
        self.edit("dev/xtask/src/check_infra/rules/entra.yaml", |text| {
            // The first scope of the table is `access_as_user` there.
            let (count, last) = (scopes.len(), scopes.get(scopes.len().saturating_sub(2)).cloned().unwrap_or_default());
            let text = text.replacen(&exposed(count - 1), &exposed(count), 1);
            let text = after(&text, &named(count - 2, &last), &named(count - 1, &permission.scope()))?;
            let ids = "        /properties/requiredResourceAccess:\n";
            let access = format!("\n              - {{id: {}, type: Scope}}", permission.id);
            let text = append(&text, ids, "\n- rule: ", "", &access)?;
            append(
                &text,
                "matches: '^((User\\.Read",
                "|access_as_user",
                "|",
                &permission.downstream.replace('.', "\\."),
            )
        })
    }

    /// It refuses permissions that it does not know.
    fn local_tenant(&mut self, permission: &NewPermission) -> Result<(), ChangeError> {
        let (downstream, scope) = (&permission.downstream, permission.scope());
        self.edit("dev/local-tenant/src/admin_consent.rs", |text| {
            append(text, "const CONSENTED: &str = \"", "\"", " ", downstream)
        })?;
        self.edit("dev/local-tenant/src/scopes.rs", |text| {
            let item = format!("\"{downstream}\"");
            let known = text.contains(&item);
            let text =
                if known { text.to_owned() } else { append(text, "const GRAPH: &[&str] = &[", "]", ", ", &item)? };
            let own = format!("        Permission {{ resource: Resource::App, name: \"{scope}\" }},\n");
            before(&text, "        Permission { resource: Resource::Orders, name: ORDERS_SCOPE },\n", &own)
        })?;
        // The page's own changes begin with the table as it is.
        let (from, to) = ("&MAIL_READ", format!("&MAIL_READ, &{}", permission.row()));
        self.edit("docs/adding-a-tool.md", |text| Ok(text.replace(from, &to)))
    }

    /// The texts of the pages in every language but English, whose sentences are in the scope table.
    fn translations(&self) -> Result<Vec<String>, ChangeError> {
        let folder = "src/http/pages/texts";
        let unread = |error| ChangeError::Read(folder.to_owned(), error);
        let mut names = Vec::new();
        for entry in fs::read_dir(self.root.join(folder)).map_err(unread)? {
            names.push(entry.map_err(unread)?.file_name().to_string_lossy().into_owned());
        }
        names.retain(|name| name != "en.ftl" && Path::new(name).extension().is_some_and(|end| end == "ftl"));
        Ok(names.iter().map(|name| format!("{folder}/{name}")).collect())
    }

    fn contract(&mut self, change: impl FnOnce(&mut Value) -> Option<()>) -> Result<(), ChangeError> {
        self.edit("infra/contract.json", |text| edit::json(text, change))
    }

    fn contract_scopes(&mut self) -> Result<Vec<String>, ChangeError> {
        let contract: Value = serde_json::from_str(&self.text("infra/contract.json")?).unwrap_or_default();
        let scopes = contract.get("scopes").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    fn write(&mut self, path: &str, text: String) -> Result<(), ChangeError> {
        if self.root.join(path).exists() {
            return Err(ChangeError::Exists(path.to_owned()));
        }
        self.texts.insert(path.to_owned(), text);
        Ok(())
    }

    fn edit(&mut self, path: &str, change: impl FnOnce(&str) -> Result<String, EditError>) -> Result<(), ChangeError> {
        let text = change(&self.text(path)?).map_err(|error| ChangeError::Edit(path.to_owned(), error))?;
        self.texts.insert(path.to_owned(), text);
        Ok(())
    }

    /// As it is so far.
    fn text(&self, path: &str) -> Result<String, ChangeError> {
        let read =
            || fs::read_to_string(self.root.join(path)).map_err(|error| ChangeError::Read(path.to_owned(), error));
        self.texts.get(path).map_or_else(read, |text| Ok(text.clone()))
    }
}

fn push(value: &mut Value, list: &str, item: Value) -> Option<()> {
    value.pointer_mut(list)?.as_array_mut()?.push(item);
    Some(())
}

fn static_row(permission: &NewPermission) -> String {
    let NewPermission { downstream, id, sentence } = permission;
    let (row, scope) = (permission.row(), permission.scope());
    format!(
        "/// Graph's `{downstream}`.\npub static {row}: Permission = Permission {{\n    name: \"{scope}\",\n    api: Api::Graph,\n    \
         downstream: \"{downstream}\",\n    id: \"{id}\",\n    sentence: \"{sentence}\",\n}};\n\n"
    )
}

fn filled(template: &str, tool: &NewTool) -> String {
    let row = tool.row();
    let mut imports = ["Permission".to_owned(), row.clone()];
    imports.sort();
    let scope = tool.permission.as_ref().map(NewPermission::scope);
    let asked = ["user.read".to_owned()].into_iter().chain(scope).collect::<Vec<_>>().join(" ");
    template
        .replace("{imports}", &imports.join(", "))
        .replace("{name}", &tool.name)
        .replace("{Type}", &tool.type_name())
        .replace("{Title}", &tool.title())
        .replace("{ROW}", &row)
        .replace("{asked}", &asked)
}
