//! The settings of docs/deploy.md on their way to the resource manager.

use std::collections::BTreeSet;

use crate::support::{Azd, documented};

/// azd would stop at "invalid character 'M' after object key:value pair".
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by `cargo xtask test azd`"]
async fn a_name_with_quotes_stops_azd_up_with_the_reason() {
    let (azd, set) = Azd::with("defaults").await;
    azd.for_a_person(&set);
    azd.set(&[("MCP_SERVER_NAME", r#"Contoso "MCP""#)]);
    let said = azd.run(&["up", "--no-prompt"]).failure();
    assert!(said.contains("fault: MCP_SERVER_NAME") && !said.contains("invalid character"), "{said}");
    assert!(azd.cloud.deployed().is_empty() && azd.cloud.uploads().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by `cargo xtask test azd`"]
async fn each_setting_arrives_as_its_parameter_with_its_type() {
    let (azd, set) = Azd::with("everything").await;
    azd.for_a_person(&set);
    let settings = set.settings(&azd.clone());
    let names: BTreeSet<_> = settings.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(names, documented(&azd.clone()), "what is set here is not what the documentation lists");
    azd.set(&settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>());
    azd.run(&["provision", "--no-prompt"]).success();
    assert_eq!(azd.cloud.deployed(), std::slice::from_ref(&set.parameters));
    azd.everything_was_answered();
}
