//! Each identity has exactly the roles that it needs, where it needs them.

use super::super::deployment::{Deployment, Resource};
use super::{Judged, Rule, Rules, identities, mentions, role_names, unless};

const ASSIGNMENT: &str = "Microsoft.Authorization/roleAssignments";
const COSMOS: &str = "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments";

pub(super) const RULES: Rules = &[
    ("roles-named", Rule::Project(role_names::named)),
    ("role-on-storage", Rule::Deployment(on_storage)),
    ("role-on-key", Rule::Deployment(on_key)),
    ("role-on-telemetry", Rule::Deployment(on_telemetry)),
    ("role-on-cosmos-database", Rule::Deployment(on_database)),
    ("roles-nothing-more", Rule::Deployment(nothing_more)),
];

/// Built-in roles by name, with the type that they are assigned on.
const STORAGE: (&str, &str) = ("Storage Blob Data Owner", "Microsoft.Storage/storageAccounts");
const KEY: (&str, &str) = ("Key Vault Crypto User", "Microsoft.KeyVault/vaults/keys");
const TELEMETRY: (&str, &str) = ("Monitoring Metrics Publisher", "Microsoft.Insights/components");

fn on_storage(deployment: &Deployment) -> Judged {
    let workload = identities::workload(deployment)?;
    assigned(deployment, STORAGE, &[&workload])
}

fn on_key(deployment: &Deployment) -> Judged {
    let workload = identities::workload(deployment)?;
    assigned(deployment, KEY, &[&workload])
}

fn on_telemetry(deployment: &Deployment) -> Judged {
    let (workload, gateway) = (identities::workload(deployment)?, identities::gateway(deployment)?);
    assigned(deployment, TELEMETRY, &[&workload, &gateway])
}

/// These identities, and no other, have the role on the resource and on nothing wider.
fn assigned(deployment: &Deployment, (role, kind): (&str, &str), to: &[&str]) -> Judged {
    let of: Vec<_> = deployment.all(ASSIGNMENT).filter(|assignment| name(assignment) == Some(role)).collect();
    let mut faults =
        unless(of.len() == to.len(), || format!("{role} is assigned {} times, not {}", of.len(), to.len()));
    for identity in to {
        let has = of.iter().any(|assignment| assignment.text("/properties/principalId").contains(identity));
        faults.extend(unless(has, || format!("{identity} is not {role}")));
    }
    let wide = of.iter().filter(|assignment| !is_on(assignment, kind));
    faults.extend(wide.map(|assignment| format!("{role} is assigned on {}, not on {kind}", assignment.text("/id"))));
    Ok(faults)
}

/// The role's name by the GUID at the end of its id.
fn name(assignment: &Resource) -> Option<&'static str> {
    let id = assignment.text("/properties/roleDefinitionId").trim_end_matches([']', ')', '\'']);
    role_names::name_of(id.rsplit(['/', '\'']).next().unwrap_or(id))
}

/// Whether the assignment's id says that it is on a resource of this type itself.
fn is_on(assignment: &Resource, kind: &str) -> bool {
    let id = assignment.text("/id");
    let scope = id.split("Microsoft.Authorization/roleAssignments").next().unwrap_or(id);
    let scope = scope.split("/providers/").filter(|part| !part.is_empty()).last().unwrap_or(scope);
    let scope = scope.split('\'').next().unwrap_or(scope);
    let mut types: Vec<&str> =
        scope.split('/').enumerate().filter(|(index, _)| *index == 0 || index % 2 == 1).map(|(_, part)| part).collect();
    types.retain(|part| !part.is_empty());
    types.join("/").eq_ignore_ascii_case(kind)
}

/// On the database, and not on the account, which may come to have others.
fn on_database(deployment: &Deployment) -> Judged {
    let workload = identities::workload(deployment)?;
    let database = deployment.only("Microsoft.DocumentDB/databaseAccounts/sqlDatabases")?;
    let name = database.name.rsplit('/').next().unwrap_or(&database.name);
    let assignment = deployment.only(COSMOS)?;
    let mut faults = mentions("principalId", assignment.text("/properties/principalId"), &[&workload]);
    faults.extend(mentions(
        "the role",
        assignment.text("/properties/roleDefinitionId"),
        &[role_names::COSMOS_CONTRIBUTOR],
    ));
    let scope = assignment.text("/properties/scope");
    let at_database = scope.trim_end_matches([']', ')', '\'']).ends_with(&format!("/dbs/{name}"));
    faults.extend(unless(at_database, || format!("the scope is {scope}, not the database {name}")));
    Ok(faults)
}

fn nothing_more(deployment: &Deployment) -> Judged {
    let needed = [STORAGE.0, KEY.0, TELEMETRY.0];
    Ok(deployment.every(ASSIGNMENT, |assignment| {
        let role = name(assignment).unwrap_or("a role that is not known here");
        unless(needed.contains(&role), || format!("{role} is assigned"))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn on(id: &str, kind: &str) -> bool {
        let snapshot = json!({"predictedResources": [{"type": ASSIGNMENT, "id": id}]}).to_string();
        is_on(Deployment::parse("x", &snapshot).unwrap().only(ASSIGNMENT).unwrap(), kind)
    }

    #[test]
    fn the_scope_of_an_assignment_is_read_from_its_id() {
        let account = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st";
        let plain = format!("{account}/providers/Microsoft.Authorization/roleAssignments/1");
        let evaluated_later =
            format!("[extensionResourceId('{account}', 'Microsoft.Authorization/roleAssignments', guid('{account}'))]");
        for id in [plain, evaluated_later] {
            assert!(on(&id, "Microsoft.Storage/storageAccounts"), "{id}");
            assert!(!on(&id, "Microsoft.Storage/storageAccounts/blobServices"), "{id}");
        }
        let key = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv/keys/k/providers/Microsoft.Authorization/roleAssignments/1";
        assert!(on(key, "Microsoft.KeyVault/vaults/keys") && !on(key, "Microsoft.KeyVault/vaults"));
        let group = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Authorization/roleAssignments/1";
        assert!(!on(group, "Microsoft.Storage/storageAccounts"));
    }
}
