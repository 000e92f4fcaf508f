//! The workspace accepts Entra tokens only, and a flood of telemetry has a price limit.

use super::super::deployment::Deployment;
use super::{Judged, Rule, Rules, unless};

const WORKSPACE: &str = "Microsoft.OperationalInsights/workspaces";

pub(super) const RULES: Rules = &[
    ("workspace-keys-off", Rule::Property(WORKSPACE, "/properties/features/disableLocalAuth", "true")),
    ("workspace-daily-cap", Rule::Deployment(daily_cap)),
];

/// Anybody can make the function app log, because App Service lets every request reach it.
fn daily_cap(deployment: &Deployment) -> Judged {
    let cap = deployment.only(WORKSPACE)?.at("/properties/workspaceCapping/dailyQuotaGb");
    Ok(unless(cap.as_u64() >= Some(1), || format!("dailyQuotaGb is {cap}")))
}
