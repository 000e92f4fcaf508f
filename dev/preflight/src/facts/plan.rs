//! The planned deployment, as far as it decides which facts are read.

use crate::environment::Environment;

/// Names, region and sizes. A value that is not set has the default of `infra/main.bicep`.
pub(super) struct Plan {
    pub(super) subscription: String,
    pub(super) region: String,
    /// Name of the resource group.
    pub(super) group: String,
    /// Tier of API Management.
    pub(super) tier: &'static str,
    /// Resource providers that only some settings need.
    pub(super) providers: Vec<&'static str>,
    pub(super) memory: u64,
    pub(super) most_instances: u64,
    /// Whether a deleted vault is to be recovered.
    pub(super) recover: bool,
    /// Client id of the app registration, if this environment has one already.
    pub(super) registered: Option<String>,
    pub(super) admin_consent: bool,
    /// Whether only assigned users may sign in.
    pub(super) assignment_required: bool,
    /// Object ids of those who are to be operators.
    pub(super) operators: Option<String>,
}

impl Plan {
    /// None while subscription or region is not chosen.
    pub(super) fn of(environment: &Environment) -> Option<Self> {
        let is = |name: &str, value: &str| environment.get(name) == Some(value);
        let number = |name: &str, default| environment.get(name).and_then(|text| text.parse().ok()).unwrap_or(default);
        let network = is("VNET_ENABLED", "true");
        let budget = number("BUDGET_AMOUNT", 0) > 0 && environment.get("BUDGET_CONTACT_EMAIL").is_some();
        Some(Self {
            subscription: environment.get("AZURE_SUBSCRIPTION_ID")?.to_owned(),
            region: super::region(environment.get("AZURE_LOCATION")?),
            group: format!("rg-{}", environment.get("AZURE_ENV_NAME")?),
            tier: if network || is("APIM_SKU", "StandardV2") { "StandardV2" } else { "BasicV2" },
            providers: [(network, "Microsoft.App"), (network, "Microsoft.Network"), (budget, "Microsoft.Consumption")]
                .into_iter()
                .filter_map(|(needed, name)| needed.then_some(name))
                .collect(),
            memory: number("INSTANCE_MEMORY_MB", 512),
            most_instances: number("MAXIMUM_INSTANCE_COUNT", 40),
            recover: is("KEY_VAULT_CREATE_MODE", "recover"),
            registered: environment.get("ENTRA_CLIENT_ID").map(str::to_owned),
            admin_consent: is("GRANT_ADMIN_CONSENT", "true"),
            assignment_required: is("ASSIGNMENT_REQUIRED", "true"),
            operators: environment.get("ADMIN_PRINCIPAL_IDS").map(str::to_owned),
        })
    }

    /// A path below the subscription.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/subscriptions/{}/providers/{rest}", self.subscription)
    }
}

#[cfg(test)]
impl Plan {
    /// The defaults in West Europe, with these values.
    pub(super) fn with(values: &[(&str, &str)]) -> Self {
        let place = [("AZURE_SUBSCRIPTION_ID", "sub"), ("AZURE_LOCATION", "westeurope"), ("AZURE_ENV_NAME", "prod")];
        Self::of(&Environment::of(&[&place, values].concat())).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_plan_before_azd_has_asked() {
        assert!(Plan::of(&Environment::of(&[("AZURE_ENV_NAME", "prod")])).is_none());
    }

    #[test]
    fn only_what_is_deployed_needs_a_provider() {
        assert_eq!(Plan::with(&[]).providers, [""; 0]);
        assert_eq!(Plan::with(&[("VNET_ENABLED", "true")]).providers, ["Microsoft.App", "Microsoft.Network"]);
        let budget = [("BUDGET_AMOUNT", "5"), ("BUDGET_CONTACT_EMAIL", "a@b.example")];
        assert_eq!(Plan::with(&budget).providers, ["Microsoft.Consumption"]);
    }

    #[test]
    fn a_network_means_standard_v2() {
        assert_eq!(Plan::with(&[]).tier, "BasicV2");
        assert_eq!(Plan::with(&[("VNET_ENABLED", "true")]).tier, "StandardV2");
        assert_eq!(Plan::with(&[("APIM_SKU", "StandardV2")]).tier, "StandardV2");
        assert_eq!(Plan::with(&[("AZURE_LOCATION", "North Europe")]).region, "northeurope");
    }
}
