//! A new role assignment takes minutes to reach a storage account, and nobody outside can see whether it has. Until then
//! the first deployment ends in 403 (Azure/azure-dev#8026), so that it waits until the assignment has an age.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::arm::Service;
use crate::azd;
use crate::environment::Environment;

/// Storage Blob Data Owner.
const ROLE: &str = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
const AGE: time::Duration = time::Duration::minutes(3);

/// Waits if need be, and says what happened. A role whose age cannot be read stops nothing.
pub(crate) async fn wait(environment: &Environment) -> String {
    let created = match created(environment).await {
        Ok(created) => created,
        Err(error) => return format!("the age of the storage role is unknown: {error}"),
    };
    let rest = rest(created, now());
    if rest.is_zero() {
        return "the storage role is more than three minutes old".to_owned();
    }
    println!("The storage role is new, and the account may not know it yet: waiting {} seconds", rest.as_secs());
    tokio::time::sleep(rest).await;
    "the storage role is three minutes old".to_owned()
}

#[expect(clippy::disallowed_methods, reason = "this program waits for people, and has no clock to take")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Never longer than the whole age, whatever this machine's clock says.
fn rest(created: OffsetDateTime, now: OffsetDateTime) -> Duration {
    let rest = (created + AGE - now).clamp(time::Duration::ZERO, AGE);
    rest.try_into().unwrap_or_default()
}

/// When the newest assignment of the role on the group's storage account was made
/// (<https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope>).
async fn created(environment: &Environment) -> Result<OffsetDateTime, String> {
    let set = |name: &str| environment.get(name).ok_or_else(|| format!("{name} is not set"));
    let (subscription, group) = (set("AZURE_SUBSCRIPTION_ID")?, set("AZURE_RESOURCE_GROUP")?);
    let azure = Service::resource_manager(azd::token(None)?);
    let accounts = format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts?api-version=2025-01-01"
    );
    let accounts = azure.list(&accounts).await?;
    let account = accounts.first().and_then(|account| account.pointer("/id")?.as_str());
    let account = account.ok_or_else(|| format!("{group} has no storage account"))?;
    let assignments = "providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=atScope()";
    newest(&azure.list(&format!("{account}/{assignments}")).await?)
}

fn newest(assignments: &[Value]) -> Result<OffsetDateTime, String> {
    let of_role = assignments.iter().filter(|assignment| {
        let role = assignment.pointer("/properties/roleDefinitionId").and_then(Value::as_str);
        role.is_some_and(|role| role.ends_with(ROLE))
    });
    let created = of_role.filter_map(|assignment| {
        OffsetDateTime::parse(assignment.pointer("/properties/createdOn")?.as_str()?, &Rfc3339).ok()
    });
    created.max().ok_or_else(|| "the role is not assigned on the storage account".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_newest_assignment_of_the_role_counts() {
        let assignment = |role: &str, created: &str| {
            json!({"id": "/x/providers/Microsoft.Authorization/roleAssignments/y", "properties": {
                "roleDefinitionId": format!("/subscriptions/sub/providers/Microsoft.Authorization/roleDefinitions/{role}"),
                "principalId": "p", "scope": "/x", "createdOn": created}})
        };
        let assignments = [
            assignment(ROLE, "2026-11-28T10:00:00.1234567Z"),
            assignment(ROLE, "2026-11-28T10:05:00.0000000Z"),
            assignment("another", "2026-11-28T11:00:00.0000000Z"),
        ];
        assert_eq!(newest(&assignments).unwrap(), datetime!(2026-11-28 10:05 UTC));
        assert!(newest(&[]).is_err());
    }

    #[test]
    fn the_rest_is_what_lacks_of_three_minutes_and_no_more() {
        let created = datetime!(2026-11-28 10:00 UTC);
        assert_eq!(rest(created, datetime!(2026-11-28 10:01 UTC)), Duration::from_mins(2));
        assert_eq!(rest(created, datetime!(2026-11-28 10:03 UTC)), Duration::ZERO);
        assert_eq!(rest(created, datetime!(2026-11-28 09:00 UTC)), Duration::from_mins(3));
    }
}
