//! Lists of names that the handler has in `infra/contract.json`.

use serde_json::Value;

use super::members;

const CONTRACT: &str = include_str!("../../../../infra/contract.json");

/// The contract's value at this JSON pointer.
pub(super) fn contract(pointer: &str) -> Value {
    let contract: Value = serde_json::from_str(CONTRACT).unwrap_or_default();
    contract.pointer(pointer).cloned().unwrap_or_default()
}

/// The names there: of a list of texts, or of objects with a name or a value.
pub(super) fn known(pointer: &str) -> Vec<String> {
    let name = |entry: &Value| entry.get("name").or(entry.get("value")).unwrap_or(entry).as_str().map(str::to_owned);
    contract(pointer).as_array().into_iter().flatten().filter_map(name).collect()
}

/// The same for tools, each of which may have a role behind it.
pub(super) fn unfit_tools(list: &str) -> Option<String> {
    let tools = members(list).map(|member| member.split_once('=').map_or(member, |(name, _)| name));
    let roles = members(list).filter_map(|member| Some(member.split_once('=')?.1));
    stranger(tools, "tools", "/tools").or_else(|| stranger(roles, "roles", "/roles"))
}

/// The values that the variable takes, if a member of the list is none of these names.
pub(super) fn unfit(list: &str, what: &str, pointer: &str) -> Option<String> {
    stranger(members(list), what, pointer)
}

fn stranger<'a>(mut members: impl Iterator<Item = &'a str>, what: &str, pointer: &str) -> Option<String> {
    let known = known(pointer);
    let stranger = members.find(|member| !known.iter().any(|name| name == member))?;
    Some(format!("{what}, by commas, of {} ({stranger} is none of them)", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_has_names_of_scopes_tools_and_limits() {
        assert!(known("/scopes").contains(&"user.read".to_owned()));
        assert!(known("/tools").contains(&"get_graph_user_details".to_owned()));
        assert!(known("/limits/names").contains(&"streams".to_owned()));
        assert_eq!(known("/nothing"), Vec::<String>::new());
    }

    #[test]
    fn the_name_that_nobody_has_is_named_with_those_that_there_are() {
        assert_eq!(unfit("user.read, mail.read", "scopes", "/scopes"), None);
        let takes = unfit("user.read,mail.send", "scopes", "/scopes").unwrap();
        assert!(takes.contains("mail.send is none") && takes.contains("calendars.read"), "{takes}");
    }
}
