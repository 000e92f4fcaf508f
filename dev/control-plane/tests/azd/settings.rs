//! The settings of docs/deploy.md on their way to the resource manager.

use crate::support::Azd;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by `cargo xtask test azd`"]
async fn each_setting_arrives_as_its_parameter_with_its_type() {
    let (azd, set) = Azd::with("everything").await;
    azd.for_a_person(&set);
    let settings = set.settings(&azd.clone());
    azd.set(&settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>());
    azd.run(&["provision", "--no-prompt"]).success();
    assert_eq!(azd.cloud.deployed(), std::slice::from_ref(&set.parameters));
    azd.everything_was_answered();
}
