//! The driver's emulator stays out of everything else.

use std::{fs, path::Path};

#[test]
fn the_internal_feature_is_named_in_this_manifest_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let members = ["crates", "dev"].into_iter().flat_map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let manifests = members.map(|member| member.unwrap().path().join("Cargo.toml")).chain([root.join("Cargo.toml")]);
    let naming: Vec<_> = manifests
        .filter(|manifest| fs::read_to_string(manifest).is_ok_and(|text| text.contains("__internal")))
        .map(|manifest| manifest.parent().unwrap().file_name().unwrap().to_owned())
        .collect();
    assert_eq!(naming, ["cosmos-emulator"]);
}
