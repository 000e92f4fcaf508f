//! Taking a deployment down.

use serde_json::json;

use crate::support::{Azd, SUBSCRIPTION, Set};

/// The resource group that `azd pipeline config` makes by default.
const PIPELINE: &str = "rg-remote-auth-mcp-msi";

async fn deployed() -> (Azd, Set) {
    let (azd, set) = Azd::with("defaults").await;
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{PIPELINE}");
    azd.cloud.add(json!({
        "id": group, "name": PIPELINE, "type": "Microsoft.Resources/resourceGroups", "location": set.location(),
        "properties": { "provisioningState": "Succeeded" },
    }));
    azd.cloud.add(json!({
        "id": format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/msi-remote-auth-mcp"),
        "name": "msi-remote-auth-mcp", "type": "Microsoft.ManagedIdentity/userAssignedIdentities",
        "location": set.location(), "properties": {},
    }));
    azd.for_a_person(&set);
    azd.run(&["provision", "--no-prompt"]).success();
    (azd, set)
}

fn names(ids: Vec<String>) -> Vec<String> {
    ids.into_iter().map(|id| id.rsplit('/').next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by `cargo xtask test azd`"]
async fn azd_down_leaves_what_the_documentation_lists() {
    let (azd, set) = deployed().await;
    let registered = azd.cloud.directory();
    azd.run(&["down", "--force", "--no-prompt"]).success();
    azd.everything_was_answered();

    assert_eq!(names(azd.cloud.resources()), [PIPELINE, "msi-remote-auth-mcp"]);
    assert_eq!(
        names(azd.cloud.soft_deleted()),
        [
            set.name_of("Microsoft.ApiManagement/service"),
            set.name_of("Microsoft.KeyVault/vaults"),
            set.name_of("Microsoft.OperationalInsights/workspaces"),
        ]
    );
    assert_eq!(azd.cloud.directory(), registered);
    let documented = std::fs::read_to_string(azd.clone().join("docs/deploy.md")).unwrap();
    let section = documented.split("\n## Taking it down\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<_> = section.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let listed = ["the vault", "the app registration", "API Management", "the workspace", "the pipeline's identity"];
    for (what, row) in listed.iter().zip(&rows) {
        assert!(row.starts_with(&format!("| {what}")), "{what} is not listed there: {row}");
    }
    // The last row says what does not remain.
    assert_eq!(rows.len(), listed.len() + 1, "{rows:#?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by `cargo xtask test azd`"]
async fn purging_takes_api_management_and_not_the_vault() {
    let (azd, set) = deployed().await;
    azd.run(&["down", "--force", "--purge", "--no-prompt"]).success();
    azd.everything_was_answered();
    assert_eq!(names(azd.cloud.soft_deleted()), [set.name_of("Microsoft.KeyVault/vaults")]);
}
