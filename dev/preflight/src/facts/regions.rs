//! Whether the region has Flex Consumption and the tier of API Management.

use serde_json::Value;

use super::plan::Plan;
use super::{items, region, text};
use crate::findings::Findings;

const CURE: &str = "Choose another region in a new environment (azd env new NAME): names contain the region. \
    Both are in the regions that infra/main.bicep lists, unless Microsoft has closed one for the moment";

/// <https://learn.microsoft.com/rest/api/appservice/list-geo-regions/list-geo-regions>; with this SKU, what
/// `az functionapp list-flexconsumption-locations` asks.
pub(super) fn flex_path(plan: &Plan) -> String {
    plan.path("Microsoft.Web/geoRegions?sku=FlexConsumption&api-version=2024-11-01")
}

pub(super) fn flex(plan: &Plan, regions: &[Value], findings: &mut Findings) {
    let offered = regions.iter().any(|offered| region(text(offered, "/name")) == plan.region);
    if !offered {
        let fault = format!("AZURE_LOCATION is {:?}, where this subscription gets no Flex Consumption", plan.region);
        findings.fault(fault, CURE);
    }
}

/// <https://learn.microsoft.com/rest/api/apimanagement/api-management-skus/list>
pub(super) fn tiers_path(plan: &Plan) -> String {
    plan.path("Microsoft.ApiManagement/skus?api-version=2024-05-01")
}

pub(super) fn tiers(plan: &Plan, skus: &[Value], findings: &mut Findings) {
    let of_tier: Vec<_> = skus.iter().filter(|sku| text(sku, "/name") == plan.tier).collect();
    if of_tier.is_empty() {
        findings
            .note(format!("API Management's list of tiers does not name {}: the region was not checked", plan.tier));
    } else if !of_tier.iter().any(|sku| has(sku, &plan.region) && !is_closed(sku, &plan.region)) {
        let fault = format!(
            "AZURE_LOCATION is {:?}, where this subscription gets no API Management {}",
            plan.region, plan.tier
        );
        findings.fault(fault, CURE);
    }
}

fn has(sku: &Value, wanted: &str) -> bool {
    items(sku, "/locations").iter().filter_map(Value::as_str).any(|name| region(name) == wanted)
}

/// A restriction says that the subscription may not use the tier in a region.
fn is_closed(sku: &Value, wanted: &str) -> bool {
    items(sku, "/restrictions").iter().any(|restriction| {
        let locations = items(restriction, "/restrictionInfo/locations").iter().chain(items(restriction, "/values"));
        text(restriction, "/type") == "Location"
            && locations.filter_map(Value::as_str).any(|name| region(name) == wanted)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge(check: fn(&Plan, &[Value], &mut Findings), answer: &Value) -> Findings {
        let mut findings = Findings::default();
        check(&Plan::with(&[]), answer["value"].as_array().unwrap(), &mut findings);
        findings
    }

    /// The shape of the page's sample answer.
    fn geo_regions(name: &str) -> Value {
        json!({"value": [{"id": "/subscriptions/sub/providers/Microsoft.Web/geoRegions/x", "name": name,
            "type": "Microsoft.Web/geoRegions", "properties": {"name": name, "orgDomain": "PUBLIC;FLEXCONSUMPTION"}}]})
    }

    #[test]
    fn flex_consumption_is_found_by_the_regions_display_name() {
        assert_eq!(judge(flex, &geo_regions("West Europe")), Findings::default());
        let fault = "AZURE_LOCATION is \"westeurope\", where this subscription gets no Flex Consumption";
        assert_eq!(judge(flex, &geo_regions("East US")).faults(), [fault]);
    }

    /// The shape of the page's sample answer.
    fn skus(name: &str, location: &str, restrictions: &Value) -> Value {
        json!({"value": [{"resourceType": "service", "name": name, "locations": [location],
            "locationInfo": [{"location": location, "zones": []}],
            "capacity": {"minimum": 0, "maximum": 10, "default": 1, "scaleType": "automatic"},
            "restrictions": restrictions}]})
    }

    #[test]
    fn the_tier_is_offered_in_the_region_and_not_restricted_there() {
        assert_eq!(judge(tiers, &skus("BasicV2", "West Europe", &json!([]))), Findings::default());
        let closed = json!([{"type": "Location", "values": ["West Europe"], "reasonCode": "NotAvailableForSubscription",
            "restrictionInfo": {"locations": ["West Europe"], "zones": []}}]);
        let fault = "AZURE_LOCATION is \"westeurope\", where this subscription gets no API Management BasicV2";
        assert_eq!(judge(tiers, &skus("BasicV2", "West Europe", &closed)).faults(), [fault]);
        assert_eq!(judge(tiers, &skus("BasicV2", "East US", &json!([]))).faults(), [fault]);
    }

    #[test]
    fn a_list_that_does_not_know_the_tier_says_nothing_about_regions() {
        let findings = judge(tiers, &skus("Premium", "East US", &json!([])));
        assert!(!findings.any_fault());
        assert_eq!(findings.notes().len(), 1);
    }
}
