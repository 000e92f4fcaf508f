//! The signed-in account's rights in the subscription. Conditions of role assignments and deny assignments do not show.

use serde_json::Value;

use super::items;
use super::plan::Plan;
use crate::findings::Findings;

/// Actions without which a deployment ends half way, and the role that has them.
const NEEDED: [(&str, &str); 5] = [
    ("Microsoft.Resources/subscriptions/resourceGroups/write", "Contributor"),
    ("Microsoft.Resources/deployments/write", "Contributor"),
    ("Microsoft.ApiManagement/service/write", "Contributor"),
    ("Microsoft.Web/sites/write", "Contributor"),
    ("Microsoft.Authorization/roleAssignments/write", "User Access Administrator"),
];

/// The path of the account's permissions in the subscription: at this scope, too, the resource manager answers
/// <https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource-group>; the portal asks the same.
pub(super) fn path(plan: &Plan) -> String {
    plan.path("Microsoft.Authorization/permissions?api-version=2022-04-01")
}

pub(super) fn check(permissions: &[Value], findings: &mut Findings) {
    let rights = Rights::of(permissions);
    for (action, role) in NEEDED.into_iter().filter(|(action, _)| !rights.allow(action)) {
        let fault = format!("your account may not do {action} in the subscription");
        findings.fault(fault, format!("Ask an owner of the subscription for the role {role}"));
    }
}

/// One pair of allowed and excluded actions for each role that the account has.
pub(super) struct Rights(Vec<[Vec<String>; 2]>);

impl Rights {
    pub(super) fn of(permissions: &[Value]) -> Self {
        let list = |permission: &Value, pointer| {
            let actions = items(permission, pointer).iter().filter_map(Value::as_str);
            actions.map(str::to_lowercase).collect()
        };
        Self(
            permissions
                .iter()
                .map(|permission| [list(permission, "/actions"), list(permission, "/notActions")])
                .collect(),
        )
    }

    /// Whether one of the roles allows it; what a role excludes, another may still allow.
    pub(super) fn allow(&self, action: &str) -> bool {
        let action = action.to_lowercase();
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, &action));
        self.0.iter().any(|[actions, not_actions]| any(actions) && !any(not_actions))
    }
}

/// Whether a pattern, in which `*` stands for any text, is this action.
fn matches(pattern: &str, action: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The shape of the page's sample answer; Contributor as Azure defines it.
    fn contributor() -> Value {
        json!({"actions": ["*"], "dataActions": [], "notDataActions": [], "notActions": [
            "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action", "Microsoft.Blueprint/blueprintAssignments/write"]})
    }

    fn administrator() -> Value {
        json!({"actions": ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"], "notActions": []})
    }

    fn faults(permissions: &[Value]) -> Vec<String> {
        let mut findings = Findings::default();
        check(permissions, &mut findings);
        findings.faults().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn contributor_alone_cannot_assign_roles() {
        let fault = "your account may not do Microsoft.Authorization/roleAssignments/write in the subscription";
        assert_eq!(faults(&[contributor()]), [fault]);
    }

    #[test]
    fn two_roles_together_are_enough_and_so_is_owner() {
        assert_eq!(faults(&[contributor(), administrator()]), [""; 0]);
        assert_eq!(faults(&[json!({"actions": ["*"], "notActions": []})]), [""; 0]);
    }

    #[test]
    fn a_reader_lacks_everything() {
        assert_eq!(faults(&[json!({"actions": ["*/read"], "notActions": []})]).len(), NEEDED.len());
        assert_eq!(faults(&[]).len(), NEEDED.len());
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, fits) in
            [("*", true), ("*/write", true), ("a/*/write", true), ("a/b/c/write", true), ("a/*", true)]
        {
            assert_eq!(matches(pattern, "a/b/c/write"), fits, "{pattern}");
        }
        for pattern in ["a/b", "*/read", "b/*", "a/*/x/write", "write"] {
            assert!(!matches(pattern, "a/b/c/write"), "{pattern}");
        }
    }
}
