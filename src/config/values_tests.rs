//! Each parser at its limits.

use std::fmt::Debug;

use super::{Cloud, VaultKeyId, values::*};

/// Every one of these values is parsed as the expected one.
fn same<T: PartialEq + Debug, E: Debug>(parse: impl Fn(&str) -> Result<T, E>, values: &[&str], expected: &T) {
    for value in values {
        assert_eq!(parse(value).as_ref().unwrap(), expected, "{value:?}");
    }
}

fn refused<T: Debug, E: Debug>(parse: impl Fn(&str) -> Result<T, E>, values: &[&str]) {
    for value in values {
        assert!(parse(value).is_err(), "{value:?}");
    }
}

#[test]
fn a_port_is_a_number_of_16_bits_and_not_0() {
    same(port, &["65535"], &65_535);
    refused(port, &["0", "65536", "-1", "80 ", "http", ""]);
}

#[test]
fn a_guid_is_read_in_lower_case() {
    let guid_of = "aabbccdd-0011-2233-4455-66778899eeff";
    same(guid, &[guid_of, &guid_of.to_ascii_uppercase()], &guid_of.to_owned());
    let braced = format!("{{{guid_of}}}");
    let joined = guid_of.replace('-', "");
    let moved = "aabbccdd0-011-2233-4455-66778899eeff";
    refused(guid, &[&braced, &joined, moved, &guid_of.replace('a', "g"), &format!("{guid_of}-"), "common", ""]);
}

#[test]
fn clouds_and_log_levels_are_words() {
    same(cloud, &["public"], &Cloud::Public);
    same(cloud, &["china"], &Cloud::China);
    refused(cloud, &["Public", "azure", ""]);
    same(log_level, &["debug", "DEBUG"], &tracing::Level::DEBUG);
    refused(log_level, &["verbose", "off", ""]);
}

#[test]
fn the_event_poll_has_two_limits() {
    for milliseconds in [10, 100, 1000] {
        same(event_poll, &[&milliseconds.to_string()], &std::time::Duration::from_millis(milliseconds));
    }
    refused(event_poll, &["9", "1001", "-10", "0.1", "100ms", ""]);
}

#[test]
fn only_loopback_stands_in_for_microsoft() {
    let tenant = "http://localhost:7072".to_owned();
    same(stand_in, &["http://localhost:7072", "http://localhost:7072/"], &tenant);
    same(stand_in, &["https://[::1]:7074"], &"https://[::1]:7074".to_owned());
    refused(
        stand_in,
        &[
            "http://localhost.evil.example",
            "http://127.0.0.2:7072",
            "http://0.0.0.0:7072",
            "https://login.microsoftonline.com",
            "ftp://localhost",
            "http://localhost/?x=1",
            "localhost:7072",
            "",
        ],
    );
}

#[test]
fn plain_http_to_cosmos_db_is_for_a_loopback_host_outside_of_production() {
    let account = "https://account.documents.azure.com:443/";
    for production in [true, false] {
        assert_eq!(cosmos_endpoint(account, production).unwrap().as_str(), "https://account.documents.azure.com/");
    }
    assert!(cosmos_endpoint("http://127.0.0.1:7073", false).is_ok());
    refused(|value| cosmos_endpoint(value, true), &["http://127.0.0.1:7073"]);
    refused(
        |value| cosmos_endpoint(value, false),
        &[
            "http://account.documents.azure.com",
            "https://a.example/dbs",
            "https://u@a.example",
            "https://a.example?x",
            "",
        ],
    );
}

#[test]
fn a_database_is_named_by_one_segment_of_a_path() {
    let longest = "d".repeat(255);
    for name in ["mcp", "a b", &longest] {
        same(cosmos_database, &[name], &name.to_owned());
    }
    refused(cosmos_database, &["a/b", "a\\b", "a#b", "a?b", &"d".repeat(256)]);
}

#[test]
fn a_key_belongs_to_a_vault_of_its_cloud_and_has_no_version() {
    let key = VaultKeyId { vault: "https://v.vault.azure.cn".into(), name: "data-key".into() };
    let in_china = |value: &str| VaultKeyId::parse(value, Cloud::China);
    same(in_china, &["https://v.vault.azure.cn/keys/data-key"], &key);
    refused(
        in_china,
        &[
            "https://v.vault.azure.net/keys/data-key",
            "https://v.vault.azure.cn/keys/data-key/0123",
            "https://v.vault.azure.cn/keys/data-key/",
            "https://v.vault.azure.cn/secrets/data-key",
            "https://v.vault.azure.cn/keys/data_key",
            "https://v.vault.azure.cn/keys/",
            "https://V.vault.azure.cn/keys/data-key",
            "https://v.vault.azure.cn:443/keys/data-key",
            "https://u@v.vault.azure.cn/keys/data-key",
            "https://v.vault.azure.cn/keys/data-key#x",
            "http://v.vault.azure.cn/keys/data-key",
            "https://v.vault.azure.cn.evil.example/keys/data-key",
            "",
        ],
    );
    assert!(in_china("").unwrap_err().contains(".vault.azure.cn/keys/{name}"));
}

#[test]
fn origins_are_a_list_in_normal_form() {
    let two = ["https://a.example", "http://localhost:1"].map(str::to_owned).to_vec();
    same(
        origins,
        &[
            "https://a.example,http://localhost:1",
            " https://a.example http://localhost:1 ",
            "https://a.example, http://localhost:1,",
        ],
        &two,
    );
    same(origins, &["", ",", " "], &Vec::new());
    refused(
        origins,
        &[
            "https://a.example/",
            "https://A.example",
            "https://a.example:443",
            "https://a.example/p",
            "*",
            "null",
            "a.example",
        ],
    );
    let fault = origins("https://a.example, https://b.example/p").unwrap_err();
    assert!(fault.contains("https://b.example/p") && !fault.contains("https://a.example,"), "{fault}");
}
