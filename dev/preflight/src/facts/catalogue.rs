//! Flex Consumption in the region: the runtime `custom` 1.0, and sizes of instances. The resource manager takes a
//! runtime that the region lacks, and the host then never starts.

use serde_json::Value;

use super::plan::Plan;
use super::{items, text};
use crate::findings::Findings;

/// The request of `az functionapp list-flexconsumption-runtimes` and VS Code's Functions extension. The shape is in
/// microsoft/vscode-azurefunctions, `src/commands/createFunctionApp/stacks/models/FunctionAppStackModel.ts`.
pub(super) fn path(plan: &Plan) -> String {
    let catalogue = "functionAppStacks?stack=custom&removeHiddenStacks=false&api-version=2020-10-01";
    format!("/providers/Microsoft.Web/locations/{}/{catalogue}", plan.region)
}

pub(super) fn check(plan: &Plan, stacks: &[Value], findings: &mut Findings) {
    let versions = stacks.iter().flat_map(|stack| items(stack, "/properties/majorVersions"));
    let versions = versions.flat_map(|major| items(major, "/minorVersions"));
    let skus = versions.flat_map(|minor| items(minor, "/stackSettings/linuxRuntimeSettings/Sku"));
    match skus.into_iter().find(|sku| is_ours(sku)) {
        Some(sku) => sizes(plan, sku, findings),
        None => findings.fault(
            format!(
                "Flex Consumption in {} does not list the runtime custom 1.0: the app would not start",
                plan.region
            ),
            "Choose another region in a new environment: azd env new NAME",
        ),
    }
}

fn is_ours(sku: &Value) -> bool {
    let runtime = "/functionAppConfigProperties/runtime";
    text(sku, "/skuCode") == "FC1"
        && text(sku, &format!("{runtime}/name")) == "custom"
        && text(sku, &format!("{runtime}/version")) == "1.0"
}

fn sizes(plan: &Plan, sku: &Value, findings: &mut Findings) {
    let offered: Vec<u64> = items(sku, "/instanceMemoryMB").iter().filter_map(|size| number(size, "/size")).collect();
    if !offered.is_empty() && !offered.contains(&plan.memory) {
        let sizes = offered.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let fault = format!("INSTANCE_MEMORY_MB is {}, and {} has {sizes}", plan.memory, plan.region);
        findings.fault(fault, "azd env set INSTANCE_MEMORY_MB SIZE, or another region");
    }
    let limit = |name: &str| number(sku, &format!("/maximumInstanceCount/{name}"));
    let (least, most) = (limit("lowestMaximumInstanceCount"), limit("highestMaximumInstanceCount"));
    let (least, most) = (least.unwrap_or(0), most.unwrap_or(u64::MAX));
    if !(least..=most).contains(&plan.most_instances) {
        let fault =
            format!("MAXIMUM_INSTANCE_COUNT is {}, and {} takes {least} to {most}", plan.most_instances, plan.region);
        findings.fault(fault, format!("azd env set MAXIMUM_INSTANCE_COUNT {}", least.max(40)));
    }
}

/// A number, which this interface sometimes writes as text.
fn number(value: &Value, pointer: &str) -> Option<u64> {
    let value = value.pointer(pointer)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stack(runtime: &str, sizes: &Value) -> Vec<Value> {
        let sku = json!({"skuCode": "FC1", "instanceMemoryMB": sizes,
            "maximumInstanceCount": {"lowestMaximumInstanceCount": 40, "highestMaximumInstanceCount": 1000, "defaultValue": 100},
            "functionAppConfigProperties": {"runtime": {"name": runtime, "version": "1.0"}}});
        vec![json!({"name": "custom", "type": "Microsoft.Web/functionAppStacks", "properties": {"majorVersions": [
            {"minorVersions": [{"value": "1.0", "stackSettings": {"linuxRuntimeSettings": {"Sku": [sku]}}}]}]}})]
    }

    fn judge(values: &[(&str, &str)], stacks: &[Value]) -> Findings {
        let mut findings = Findings::default();
        check(&Plan::with(values), stacks, &mut findings);
        findings
    }

    #[test]
    fn the_region_runs_custom_handlers_on_instances_of_this_size() {
        let sizes = json!([{"size": 512, "isDefault": false}, {"size": "2048", "isDefault": true}]);
        assert_eq!(judge(&[], &stack("custom", &sizes)), Findings::default());
        assert_eq!(judge(&[("INSTANCE_MEMORY_MB", "2048")], &stack("custom", &sizes)), Findings::default());
        let findings = judge(&[("INSTANCE_MEMORY_MB", "4096")], &stack("custom", &sizes));
        assert_eq!(findings.faults(), ["INSTANCE_MEMORY_MB is 4096, and westeurope has 512, 2048"]);
    }

    #[test]
    fn a_region_without_the_runtime_is_a_fault() {
        let fault = "Flex Consumption in westeurope does not list the runtime custom 1.0: the app would not start";
        assert_eq!(judge(&[], &stack("node", &json!([]))).faults(), [fault]);
        assert_eq!(judge(&[], &[]).faults(), [fault]);
    }

    #[test]
    fn the_number_of_instances_is_in_the_regions_range() {
        let findings = judge(&[("MAXIMUM_INSTANCE_COUNT", "1001")], &stack("custom", &json!([])));
        assert_eq!(findings.faults(), ["MAXIMUM_INSTANCE_COUNT is 1001, and westeurope takes 40 to 1000"]);
    }
}
