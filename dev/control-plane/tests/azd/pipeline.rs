//! The commands of the pipeline's workflow.

use control_plane::PIPELINE_CLIENT_ID;
use yaml_serde::Value;

use crate::support::{Azd, SUBSCRIPTION, TENANT};

/// The scripts of the workflow that call azd, in their order.
fn steps(workflow: &str) -> Vec<String> {
    let workflow: Value = yaml_serde::from_str(workflow).unwrap();
    let steps = workflow["jobs"]["deploy"]["steps"].as_sequence().unwrap();
    let scripts = steps.iter().filter_map(|step| step.get("run")?.as_str());
    scripts.filter(|script| script.contains("azd ")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by `cargo xtask test azd`"]
async fn the_pipeline_deploys_with_the_variables_of_azd_pipeline_config_alone() {
    let (azd, set) = Azd::with("defaults").await;
    let mut variables = vec![
        ("AZURE_CLIENT_ID", PIPELINE_CLIENT_ID),
        ("AZURE_TENANT_ID", TENANT),
        ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION),
        ("AZURE_ENV_NAME", set.environment()),
        ("AZURE_LOCATION", set.location()),
    ];
    variables.extend(azd.cloud.github_runner());
    let workflow = std::fs::read_to_string(azd.clone().join(".github/workflows/azure-dev.yml")).unwrap();
    let steps = steps(&workflow);
    assert!(steps.len() >= 4, "sign in, provision, deploy, try it: {steps:#?}");
    for step in steps {
        azd.step(&step, &variables).success();
    }
    azd.everything_was_answered();
    assert_eq!(azd.cloud.deployed(), std::slice::from_ref(&set.parameters));
    assert_eq!(azd.cloud.uploads().len(), 1);
    let gateway = format!("https://{}.azure-api.net", set.name_of("Microsoft.ApiManagement/service"));
    let app = format!("https://{}.azurewebsites.net", set.name_of("Microsoft.Web/sites"));
    let smoke = format!("xtask smoke {gateway} --function-host {app} --wait 900");
    assert!(azd.cargo().contains(&smoke), "{:#?}", azd.cargo());
}
