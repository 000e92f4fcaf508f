//! Resource providers. The resource manager registers those of a template's resources itself where the account may
//! register them; it does not register `Microsoft.App`, which only the functions' subnet names
//! (<https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types>).

use serde_json::Value;

use super::plan::Plan;
use super::rights::Rights;
use super::text;
use crate::arm::Service;
use crate::findings::Findings;

const ALWAYS: [&str; 9] = [
    "Microsoft.ApiManagement",
    "Microsoft.Authorization",
    "Microsoft.DocumentDB",
    "Microsoft.Insights",
    "Microsoft.KeyVault",
    "Microsoft.ManagedIdentity",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
    "Microsoft.Web",
];

/// Asks for each provider's state (<https://learn.microsoft.com/rest/api/resources/providers/get>).
pub(super) async fn check(azure: &Service, plan: &Plan, rights: Option<&Rights>, findings: &mut Findings) {
    let wanted = ALWAYS.iter().chain(&plan.providers).copied();
    let state =
        |name: &'static str| async move { azure.get(&plan.path(&format!("{name}?api-version=2021-04-01"))).await };
    let states = futures_util::future::join_all(wanted.map(state)).await;
    for state in states {
        match state {
            Ok(provider) => judge(&provider, rights, findings),
            Err(error) => findings.note(format!("not checked: {error}")),
        }
    }
}

fn judge(provider: &Value, rights: Option<&Rights>, findings: &mut Findings) {
    let name = text(provider, "/namespace");
    let is_registered = text(provider, "/registrationState").eq_ignore_ascii_case("Registered");
    let may_register = rights.is_none_or(|rights| rights.allow(&format!("{name}/register/action")));
    let will_be_registered = !name.eq_ignore_ascii_case("Microsoft.App") && may_register;
    if !is_registered && !will_be_registered {
        findings.fault(
            format!("the resource provider {name} is not registered in the subscription"),
            format!("az provider register --namespace {name} --wait (an owner or contributor of the subscription can)"),
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(name: &str, state: &str, actions: &[&str]) -> usize {
        let provider = json!({"id": "/subscriptions/sub/providers/x", "namespace": name, "registrationState": state,
            "registrationPolicy": "RegistrationRequired", "resourceTypes": []});
        let rights = Rights::of(&[json!({"actions": actions, "notActions": []})]);
        let mut findings = Findings::default();
        judge(&provider, Some(&rights), &mut findings);
        findings.faults().len()
    }

    #[test]
    fn a_provider_of_the_template_is_a_fault_only_if_the_account_may_not_register_it() {
        assert_eq!(faults("Microsoft.Web", "Registered", &[]), 0);
        assert_eq!(faults("Microsoft.Web", "NotRegistered", &["*"]), 0);
        assert_eq!(faults("Microsoft.Web", "NotRegistered", &["Microsoft.Web/sites/*"]), 1);
    }

    #[test]
    fn microsoft_app_is_registered_by_hand() {
        assert_eq!(faults("Microsoft.App", "NotRegistered", &["*"]), 1);
        assert_eq!(faults("Microsoft.App", "Registering", &["*"]), 1);
        assert_eq!(faults("Microsoft.App", "Registered", &["*"]), 0);
    }
}
