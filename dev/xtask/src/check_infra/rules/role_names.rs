//! A GUID in infra/ stands beside the name that Microsoft gives it.

use super::super::project::Project;
use super::super::scan;
use super::{Judged, unless};

pub(super) const COSMOS_CONTRIBUTOR: &str = "00000000-0000-0000-0000-000000000002";

/// Built-in roles (<https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>); the data-plane role of
/// Cosmos DB; and Microsoft Graph with its delegated permission.
const KNOWN: [(&str, &str); 21] = [
    ("Acr Pull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
    ("App Configuration Data Reader", "516239f1-63e1-4d78-a4de-a74fb236a071"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Cosmos DB Built-in Data Contributor", COSMOS_CONTRIBUTOR),
    ("Cosmos DB Built-in Data Reader", "00000000-0000-0000-0000-000000000001"),
    ("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483"),
    ("Key Vault Crypto Officer", "14b46e9e-c2b7-41b4-b07b-48a6ebf60603"),
    ("Key Vault Crypto Service Encryption User", "e147488a-f6f5-4113-8e2d-b22465e65bf6"),
    ("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424"),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("Microsoft Graph", "00000003-0000-0000-c000-000000000000"),
    ("Monitoring Metrics Publisher", "3913510d-42f4-4e42-8a64-420c390055eb"),
    ("Monitoring Reader", "43d0d8ad-25c7-4714-9337-8ba259a9fe05"),
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("Storage Account Contributor", "17d1049b-9a84-46fb-8f53-869881c3d3ab"),
    ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    ("Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
    ("Storage Queue Data Contributor", "974c5e8b-45b9-4653-ba55-5f855dd0fb88"),
    ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
    ("User Read", "e1fe6dd8-ba31-4d61-89e7-88639da4683d"),
];

pub(super) fn name_of(guid: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(_, known)| known.eq_ignore_ascii_case(guid)).map(|(name, _)| *name)
}

pub(super) fn id_of(name: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, guid)| *guid)
}

/// Each GUID is the value of a variable that has its name.
pub(super) fn named(project: &Project) -> Judged {
    let mut faults = vec![];
    let mut found = 0;
    for (path, text) in project.files.under("infra/", ".bicep") {
        for line in text.lines() {
            for guid in scan::guids(line) {
                found += 1;
                faults.extend(misnamed(line, guid).map(|fault| format!("{path}: {fault}")));
            }
        }
    }
    faults.extend(unless(found > 0, || "infra/ has no GUID".to_owned()));
    Ok(faults)
}

fn misnamed(line: &str, guid: &str) -> Option<String> {
    let Some(name) = name_of(guid) else { return Some(format!("{guid} is not known here")) };
    let variable =
        line.trim_start().strip_prefix("var ").and_then(|rest| rest.split_once('=')).map(|(name, _)| name.trim());
    let same = |given: &str| plain(given) == plain(name);
    if variable.is_some_and(same) { None } else { Some(format!("{guid} is {name}, but stands in: {}", line.trim())) }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_belongs_to_a_variable_of_its_name() {
        let line = |name: &str| format!("var {name} = '12338af0-0e69-4776-bea7-57ae8d297424'");
        let fault = |line: &str| misnamed(line, "12338af0-0e69-4776-bea7-57ae8d297424");
        assert_eq!(fault(&line("keyVaultCryptoUser")), None);
        assert!(fault(&line("keyVaultReader")).unwrap().contains("is Key Vault Crypto User"));
        assert!(fault("roleDefinitionId: '12338af0-0e69-4776-bea7-57ae8d297424'").is_some());
        assert!(misnamed(&line("x"), "00000000-1111-0000-0000-000000000000").unwrap().contains("not known"));
    }
}
