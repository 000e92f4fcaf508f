//! Telemetry is taken with Entra tokens only.

use super::{Rule, Rules};

pub(super) const RULES: Rules = &[(
    "workspace-keys-off",
    Rule::Property("Microsoft.OperationalInsights/workspaces", "/properties/features/disableLocalAuth", "true"),
)];
