//! The limits of the subscription, the region and the tenant, as far as the signed-in account can read them.

mod catalogue;
mod deleted;
mod plan;
mod providers;
mod regions;
mod rights;
mod tenant;

use serde_json::Value;

use crate::arm::Service;
use crate::azd;
use crate::environment::Environment;
use crate::findings::Findings;
use plan::Plan;

/// Azure's answers were not seen by the people who wrote this; a check that is wrong must stop nobody.
const SKIP: &str = "SKIP_PREFLIGHT";

/// The values that were read, or why they could not be read.
type Answer = Result<Vec<Value>, String>;

/// Asks Azure and Entra, and adds what is wrong. azd asks for subscription and region only after the `preprovision` hook
/// of a first `azd provision`: then there is nothing to ask about yet.
pub(crate) async fn check(environment: &Environment, findings: &mut Findings) {
    if environment.get(SKIP) == Some("true") {
        findings.note(format!("{SKIP} is true: only the settings were checked"));
        return;
    }
    let Some(plan) = Plan::of(environment) else {
        findings.note("azd has not asked for the subscription and the region yet, so neither was checked");
        return;
    };
    let cloud = azd::cloud();
    if cloud != "AzureCloud" {
        findings.note(format!("azd is configured for {cloud}: only the settings were checked"));
        return;
    }
    match azd::token(None) {
        Ok(token) => subscription(&Service::resource_manager(token), &plan, findings).await,
        Err(error) => findings.fault(error, "azd auth login"),
    }
    match azd::token(Some(azd::GRAPH)) {
        Ok(token) => tenant::check(&Service::graph(token), &plan, findings).await,
        Err(error) => findings.note(format!("the tenant was not checked: {error}")),
    }
}

async fn subscription(azure: &Service, plan: &Plan, findings: &mut Findings) {
    // Once, instead of once for each question.
    if let Err(error) = azure.get(&format!("/subscriptions/{}?api-version=2022-12-01", plan.subscription)).await {
        findings.note(format!("the subscription was not checked: {error}"));
        return;
    }
    let list = |path: String| async move { azure.list(&path).await };
    let (flex, tiers, stacks, permissions, vaults, gateways) = tokio::join!(
        list(regions::flex_path(plan)),
        list(regions::tiers_path(plan)),
        list(catalogue::path(plan)),
        list(rights::path(plan)),
        list(deleted::vaults_path(plan)),
        list(deleted::gateways_path(plan)),
    );
    judge(flex, findings, |regions, findings| regions::flex(plan, regions, findings));
    judge(tiers, findings, |tiers, findings| regions::tiers(plan, tiers, findings));
    judge(stacks, findings, |stacks, findings| catalogue::check(plan, stacks, findings));
    let rights = permissions.as_deref().map(rights::Rights::of).ok();
    judge(permissions, findings, rights::check);
    providers::check(azure, plan, rights.as_ref(), findings).await;
    judge(vaults, findings, |vaults, findings| deleted::vaults(plan, vaults, findings));
    judge(gateways, findings, |gateways, findings| deleted::gateways(plan, gateways, findings));
}

/// An answer that could not be read is no fault: Azure decides later.
fn judge(answer: Answer, findings: &mut Findings, judge: impl FnOnce(&[Value], &mut Findings)) {
    match answer {
        Ok(members) => judge(&members, findings),
        Err(error) => findings.note(format!("not checked: {error}")),
    }
}

/// The text at a pointer; nothing for what is none.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The members of an array at a pointer.
fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A region's name: `West Europe` and `westeurope` are one.
fn region(name: &str) -> String {
    name.to_lowercase().replace(' ', "")
}
