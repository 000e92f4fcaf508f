//! A role that has not reached the storage account.

use crate::support::Azd;

/// docs/deploy.md has a row with this text.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by `cargo xtask test azd`"]
async fn a_403_from_storage_ends_the_deployment_and_a_second_one_heals_it() {
    let (azd, set) = Azd::with("defaults").await;
    azd.for_a_person(&set);
    azd.cloud.forbid_storage(true);
    let said = azd.run(&["up", "--no-prompt"]).failure();
    let documented = std::fs::read_to_string(azd.clone().join("docs/deploy.md")).unwrap();
    for text in ["InaccessibleStorageException", "BlobUploadFailedException"] {
        assert!(said.contains(text), "{said}");
        assert!(documented.contains(text), "docs/deploy.md has no row for {text}");
    }
    azd.cloud.forbid_storage(false);
    let said = azd.run(&["deploy", "--no-prompt"]).success();
    assert!(said.contains("Streamable HTTP"), "the endpoints are printed after a deployment of the code alone: {said}");
    assert_eq!(azd.cloud.deployed().len(), 1, "nothing is provisioned again");
    azd.everything_was_answered();
}
