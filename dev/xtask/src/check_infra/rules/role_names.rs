//! A GUID in infra/ stands beside the name that Microsoft gives it.

use super::super::project::Project;
use super::{Judged, unless};

pub(super) const COSMOS_CONTRIBUTOR: &str = "00000000-0000-0000-0000-000000000002";

/// The built-in roles that are assigned (<https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>); the data-plane role of
/// Cosmos DB; and Microsoft Graph with its delegated permission.
const KNOWN: [(&str, &str); 6] = [
    ("Cosmos DB Built-in Data Contributor", COSMOS_CONTRIBUTOR),
    ("Key Vault Crypto User", "12338af0-0e69-4776-bea7-57ae8d297424"),
    ("Microsoft Graph", "00000003-0000-0000-c000-000000000000"),
    ("Monitoring Metrics Publisher", "3913510d-42f4-4e42-8a64-420c390055eb"),
    ("Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
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
            for guid in guids(line) {
                found += 1;
                faults.extend(misnamed(line, guid).map(|fault| format!("{path}: {fault}")));
            }
        }
    }
    faults.extend(unless(found > 0, || "infra/ has no GUID".to_owned()));
    Ok(faults)
}

/// The GUIDs in a text.
fn guids(text: &str) -> impl Iterator<Item = &str> {
    text.split(|other: char| !other.is_ascii_hexdigit() && other != '-').filter(|word| is_guid(word))
}

fn is_guid(word: &str) -> bool {
    word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
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
    fn a_guid_is_found_in_its_quotes() {
        let line = "var a = '12338af0-0e69-4776-bea7-57ae8d297424' // not 1-2";
        assert_eq!(guids(line).collect::<Vec<_>>(), ["12338af0-0e69-4776-bea7-57ae8d297424"]);
    }

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
