//! The role assignments on the subscription.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::asked::Asked;
use crate::state::State;
use crate::tokens::Principal;

struct Role {
    id: &'static str,
    name: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
}

const OWNER: Role =
    Role { id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", name: "Owner", actions: &["*"], not_actions: &[] };
const CONTRIBUTOR: Role = Role {
    id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
    name: "Contributor",
    actions: &["*"],
    not_actions: &["Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write"],
};
const USER_ACCESS_ADMINISTRATOR: Role = Role {
    id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    name: "User Access Administrator",
    actions: &["*/read", "Microsoft.Authorization/*"],
    not_actions: &[],
};
const ROLES: [&Role; 3] = [&OWNER, &CONTRIBUTOR, &USER_ACCESS_ADMINISTRATOR];

fn roles(principal: Principal) -> &'static [&'static Role] {
    match principal {
        Principal::User => &[&OWNER],
        Principal::Pipeline => &[&CONTRIBUTOR, &USER_ACCESS_ADMINISTRATOR],
    }
}

pub(super) fn answer(state: &State, asked: &Asked, asks: Principal, kind: &str, rest: &[&str]) -> Answer {
    match (kind, rest) {
        ("permissions", []) => {
            Answer::ok(json!({ "value": roles(asks).iter().map(|role| permission(role)).collect::<Vec<_>>() }))
        }
        ("roleassignments", []) => assignments(state, asked),
        ("roledefinitions", [id]) => match ROLES.into_iter().find(|role| role.id == *id) {
            Some(role) => Answer::ok(definition(state, role)),
            None => {
                Answer::not_found("RoleDefinitionDoesNotExist", format!("The role definition '{id}' does not exist."))
            }
        },
        _ => Answer::not_implemented(asked),
    }
}

/// The filter is `assignedTo('ID')` or `principalId eq 'ID'`.
fn assignments(state: &State, asked: &Asked) -> Answer {
    let filter = asked.query("$filter");
    let wanted = filter.strip_prefix("assignedTo('").and_then(|rest| rest.strip_suffix("')"));
    let wanted = wanted.or_else(|| filter.strip_prefix("principalId eq '")?.strip_suffix('\''));
    let Some(wanted) = wanted else { return Answer::not_implemented(asked) };
    let principals = [Principal::User, Principal::Pipeline];
    let of = principals.into_iter().filter(|principal| principal.object_id() == wanted);
    let assignments = of.flat_map(|principal| roles(principal).iter().map(|role| assignment(state, role, wanted)));
    Answer::ok(json!({ "value": assignments.collect::<Vec<_>>() }))
}

fn assignment(state: &State, role: &Role, principal: &str) -> Value {
    let scope = format!("/subscriptions/{}", state.subscription);
    json!({
        "id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", role.id), "name": role.id,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": { "roleDefinitionId": definition_id(state, role), "principalId": principal, "scope": scope },
    })
}

fn definition(state: &State, role: &Role) -> Value {
    json!({
        "id": definition_id(state, role), "name": role.id, "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": role.name, "type": "BuiltInRole",
            "permissions": [permission(role)],
        },
    })
}

fn permission(role: &Role) -> Value {
    json!({ "actions": role.actions, "notActions": role.not_actions, "dataActions": [], "notDataActions": [] })
}

fn definition_id(state: &State, role: &Role) -> String {
    format!("/subscriptions/{}/providers/Microsoft.Authorization/roleDefinitions/{}", state.subscription, role.id)
}
