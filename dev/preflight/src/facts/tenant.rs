//! The limits that the Entra tenant sets this account and its users, as far as Microsoft Graph tells.

use serde_json::Value;

use super::plan::Plan;
use super::{items, text};
use crate::arm::Service;
use crate::findings::Findings;

/// Roles by template id (<https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference>).
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const APPLICATION_ADMINISTRATOR: &str = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3";
const CLOUD_APPLICATION_ADMINISTRATOR: &str = "158c047a-c907-4556-b7ef-446551a6b5f7";
const APPLICATION_DEVELOPER: &str = "cf1c38e5-3621-4004-a7cb-879624dced7c";
const PRIVILEGED_ROLE_ADMINISTRATOR: &str = "e8611ab8-c189-46e8-94e1-60213ab1f814";

const MAY_REGISTER: [&str; 4] =
    [GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR, APPLICATION_DEVELOPER];
/// For delegated permissions, which is all that is consented to here. The same roles may assign app roles of this app.
const MAY_CONSENT: [&str; 4] =
    [GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR];

/// Consent policies that let users consent to an app of their tenant: the earlier default, Microsoft's recommendation, and
/// the one that the first of them became (<https://learn.microsoft.com/entra/identity/enterprise-apps/configure-user-consent>).
const CONSENT: [&str; 3] = [
    "microsoft-user-default-legacy",
    "microsoft-user-default-recommended",
    "microsoft-user-default-allow-consent-apps",
];

/// <https://learn.microsoft.com/graph/api/authorizationpolicy-get>
const POLICY: &str = "/v1.0/policies/authorizationPolicy";
/// <https://learn.microsoft.com/graph/api/user-list-transitivememberof>; a pipeline's identity is no user and gets an error.
const ROLES: &str = "/v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole?$select=displayName,roleTemplateId";

pub(super) async fn check(graph: &Service, plan: &Plan, findings: &mut Findings) {
    let (policy, roles) = tokio::join!(graph.get(POLICY), graph.list(ROLES));
    match (policy, roles) {
        (Ok(policy), Ok(roles)) => judge(plan, &policy, &roles, findings),
        (Err(error), _) | (_, Err(error)) => findings.note(format!("the tenant was not checked: {error}")),
    }
    let (Some(client_id), false) = (&plan.registered, plan.assignment_required) else { return };
    match graph.get(&principal_path(client_id)).await {
        Ok(principal) => judge_principal(&principal, findings),
        Err(error) => findings.note(format!("the enterprise application was not checked: {error}")),
    }
}

/// <https://learn.microsoft.com/graph/api/serviceprincipal-get>
fn principal_path(client_id: &str) -> String {
    format!("/v1.0/servicePrincipals(appId='{client_id}')?$select=appRoleAssignmentRequired")
}

/// An administrator may have assigned the gateway's identity by hand, so this stops nobody.
fn judge_principal(principal: &Value, findings: &mut Findings) {
    if principal.pointer("/appRoleAssignmentRequired") == Some(&Value::Bool(true)) {
        findings.note(
            "the enterprise application has \"Assignment required\", and ASSIGNMENT_REQUIRED is not true: unless the identity of \
             API Management is assigned, every request fails (docs/deploy.md, \"Only assigned users\")",
        );
    }
}

fn judge(plan: &Plan, policy: &Value, roles: &[Value], findings: &mut Findings) {
    let holds = |any: &[&str]| roles.iter().any(|role| any.contains(&text(role, "/roleTemplateId")));
    let everybody_registers =
        policy.pointer("/defaultUserRolePermissions/allowedToCreateApps") != Some(&Value::Bool(false));
    if plan.registered.is_none() && !everybody_registers && !holds(&MAY_REGISTER) {
        findings.fault(
            "your account may not register apps in the tenant",
            "Ask for the role Application Developer (docs/deploy.md, \"What your organisation may forbid\")",
        );
    }
    if plan.admin_consent && !holds(&MAY_CONSENT) {
        findings.fault(
            "GRANT_ADMIN_CONSENT is true, and your account may not consent for the tenant",
            "Ask for the role Cloud Application Administrator, or: azd env set GRANT_ADMIN_CONSENT false",
        );
    }
    if plan.assignment_required && !holds(&MAY_CONSENT) {
        findings.fault(
            "ASSIGNMENT_REQUIRED is true, and your account may not assign users to the app",
            "Ask for the role Cloud Application Administrator, or: azd env set ASSIGNMENT_REQUIRED false",
        );
    }
    if plan.operators.is_some() && !holds(&MAY_CONSENT) {
        findings.fault(
            "ADMIN_PRINCIPAL_IDS names operators, and your account may not give them the role",
            "Ask for the role Cloud Application Administrator, or: azd env set ADMIN_PRINCIPAL_IDS ''",
        );
    }
    if !(plan.admin_consent || plan.assignment_required || users_consent(policy)) {
        findings.note(
            "users of this tenant may not consent to the app themselves: at sign-in they may see \"Need admin approval\" \
             (docs/deploy.md, \"What your organisation may forbid\")",
        );
    }
}

/// Whether users may consent to any permission of an app of their own tenant.
fn users_consent(policy: &Value) -> bool {
    let assigned = items(policy, "/defaultUserRolePermissions/permissionGrantPoliciesAssigned");
    let names = assigned.iter().filter_map(|policy| Some(policy.as_str()?.split_once('.')?.1));
    names.into_iter().any(|name| CONSENT.contains(&name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LEGACY: &str = "ManagePermissionGrantsForSelf.microsoft-user-default-legacy";
    const LOW: &str = "ManagePermissionGrantsForSelf.microsoft-user-default-low";

    fn found(values: &[(&str, &str)], create_apps: bool, consent: &str, role: &str) -> Findings {
        let policy = json!({"id": "authorizationPolicy", "allowInvitesFrom": "everyone", "defaultUserRolePermissions": {
            "allowedToCreateApps": create_apps, "allowedToCreateSecurityGroups": true, "allowedToReadOtherUsers": true,
            "permissionGrantPoliciesAssigned": [consent]}});
        let roles = [json!({"displayName": "a role", "roleTemplateId": role})];
        let mut findings = Findings::default();
        judge(&Plan::with(values), &policy, &roles, &mut findings);
        findings
    }

    #[test]
    fn a_tenant_with_its_defaults_allows_everything() {
        assert_eq!(found(&[], true, LEGACY, "none"), Findings::default());
    }

    #[test]
    fn where_users_may_not_register_apps_a_role_is_needed_for_the_first_time() {
        assert_eq!(found(&[], false, LEGACY, "none").faults(), ["your account may not register apps in the tenant"]);
        assert_eq!(found(&[], false, LEGACY, APPLICATION_DEVELOPER), Findings::default());
        assert_eq!(found(&[("ENTRA_CLIENT_ID", "x")], false, LEGACY, "none"), Findings::default());
    }

    #[test]
    fn consent_for_the_tenant_needs_a_privileged_role() {
        let consent = [("GRANT_ADMIN_CONSENT", "true")];
        assert_eq!(found(&consent, true, LEGACY, APPLICATION_DEVELOPER).faults().len(), 1);
        assert_eq!(found(&consent, true, LOW, CLOUD_APPLICATION_ADMINISTRATOR), Findings::default());
    }

    #[test]
    fn assigning_users_needs_a_privileged_role_and_consents_for_all() {
        let assign = [("ASSIGNMENT_REQUIRED", "true")];
        assert_eq!(found(&assign, true, LOW, APPLICATION_DEVELOPER).faults().len(), 1);
        assert_eq!(found(&assign, true, LOW, CLOUD_APPLICATION_ADMINISTRATOR), Findings::default());
    }

    #[test]
    fn making_somebody_an_operator_needs_a_privileged_role() {
        let admins = [("ADMIN_PRINCIPAL_IDS", "33333333-3333-3333-3333-333333333333")];
        assert_eq!(found(&admins, true, LOW, APPLICATION_DEVELOPER).faults().len(), 1);
        assert!(found(&admins, true, LOW, CLOUD_APPLICATION_ADMINISTRATOR).faults().is_empty());
    }

    #[test]
    fn assignment_that_an_administrator_requires_is_noted() {
        let mut findings = Findings::default();
        judge_principal(&json!({"appRoleAssignmentRequired": false}), &mut findings);
        assert_eq!(findings, Findings::default());
        judge_principal(&json!({"appRoleAssignmentRequired": true}), &mut findings);
        assert!(findings.notes()[0].contains("ASSIGNMENT_REQUIRED"), "{findings}");
    }

    #[test]
    fn users_consent_under_microsofts_recommendation() {
        let recommended = "managePermissionGrantsForSelf.microsoft-user-default-recommended";
        assert_eq!(found(&[], true, recommended, "none"), Findings::default());
    }

    #[test]
    fn a_tenant_that_limits_consent_is_noted() {
        let findings = found(&[], true, LOW, "none");
        assert!(!findings.any_fault());
        assert!(findings.notes()[0].contains("Need admin approval"), "{findings}");
    }
}
