//! From a fresh clone to a deployment, as a person does it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::{Azd, Set, entries};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by `cargo xtask test azd`"]
async fn a_fresh_clone_deploys_without_a_switch() {
    let (azd, set) = Azd::with("defaults").await;
    azd.for_a_person(&set);
    let said = azd.run(&["up", "--no-prompt"]).success();
    azd.everything_was_answered();

    assert_eq!(azd.cloud.deployed(), std::slice::from_ref(&set.parameters), "nothing else is sent");
    assert!(said.contains("preflight: no fault found") && !said.contains("not checked"), "{said}");
    the_package_is_what_cargo_xtask_package_makes(&azd, &set);
    let gateway = format!("https://{}.azure-api.net", set.name_of("Microsoft.ApiManagement/service"));
    let app = format!("https://{}.azurewebsites.net", set.name_of("Microsoft.Web/sites"));
    the_endpoints_are_printed(&said, &gateway, &app);
    for (name, value) in [("MCP_ENDPOINT", format!("{gateway}/mcp")), ("FUNCTION_APP_ORIGIN", app)] {
        assert_eq!(azd.run(&["env", "get-value", name]).success().trim(), value);
    }
}

fn the_package_is_what_cargo_xtask_package_makes(azd: &Azd, set: &Set) {
    let uploads = azd.cloud.uploads();
    let [upload] = uploads.as_slice() else { panic!("{} uploads", uploads.len()) };
    assert_eq!(upload.site, set.name_of("Microsoft.Web/sites"));
    assert!(!upload.remote_build, "Azure must not build what it gets");
    let (deployed, made) = (entries(upload), files(&azd.clone().join("target/package")));
    let names = |files: &BTreeMap<String, (u32, Vec<u8>)>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&deployed), names(&made));
    for (name, (mode, content)) in &deployed {
        let expected = if name == "handler" { 0o755 } else { 0o644 };
        assert_eq!(*mode, expected, "{name} has the mode {mode:o}");
        assert!(*content == made[name].1, "{name} was changed");
    }
    assert!(deployed.contains_key("host.json") && deployed.contains_key("mcp/function.json"));
}

fn the_endpoints_are_printed(said: &str, gateway: &str, app: &str) {
    for line in [
        format!("Streamable HTTP   {gateway}/mcp"),
        format!("HTTP+SSE          {gateway}/mcp/sse"),
        format!("What users see    {gateway}/connections"),
        format!("Check it          cargo xtask smoke {gateway} \\"),
        format!("--function-host {app} \\"),
        format!("- Endpoint: {gateway}/mcp"),
        format!("- Endpoint: {gateway}/mcp/sse"),
    ] {
        assert!(said.lines().any(|said| said.trim() == line), "{line} is not printed:\n{said}");
    }
}

/// The files below a folder by their paths in it, with their modes and contents.
fn files(folder: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(here).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            found.insert(name, (metadata.permissions().mode() & 0o777, fs::read(entry.path()).unwrap()));
        }
    }
    found
}
