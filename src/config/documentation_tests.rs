//! docs/settings.md is made from the table of settings and from what the handler says to a wrong value.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::{
    Absent, Environment, SETTINGS, Setting,
    tests::{load, load_with, production},
};

/// Set it, and the test writes docs/settings.md instead of comparing it.
const RENEW: &str = "RENEW_SETTINGS_MD";

const INTRODUCTION: &str = "\
# Settings

The handler reads its settings from environment variables when it starts. An empty value counts as not set. If a
setting is wrong, the handler names each fault on a line of its own, `NAME: what is wrong`, and exits with status 64.
Values that are not UTF-8 are named before the others are read.

In production, which means that the host of `PUBLIC_BASE_URL` is not a loopback one, the store is Cosmos DB, a gateway
is in front, and nothing stands in for Entra or Microsoft Graph.

`Bicep` is [`infra/modules/function-app.bicep`](../infra/modules/function-app.bicep). What azd lets you choose is in
[deploy.md](deploy.md#settings).

This file is generated. After a change of `src/config/table.rs`, run
`RENEW_SETTINGS_MD=1 cargo test --lib settings_md`.

| name | meaning | if it is not set | set locally by | set in Azure by | what a wrong value says |
|---|---|---|---|---|---|
";

const OTHERS: &str = "
The Functions host and the libraries in the handler read these; Bicep sets them.

| name | meaning |
|---|---|
| `COSMOS_DISABLE_IMDS` | `1`: the Cosmos DB driver does not ask the metadata service of a virtual machine, which Flex \
Consumption does not have |
| `MIMALLOC_PURGE_DELAY`, `MIMALLOC_PAGE_RECLAIM_ON_FREE`, `MIMALLOC_PAGE_FULL_RETAIN` | `0`, `-1`, `0`: the allocator \
gives memory back at once, and keeps none for a thread that is idle |
| `MIMALLOC_ALLOW_THP` | `0`: the allocator asks for no huge pages, which are in memory as a whole once a byte of \
them is written |
| `AzureWebJobsStorage__accountName`, `…__blobServiceUri`, `…__credential`, `…__clientId` | how the Functions host reaches \
its storage account without a key |
| `APPLICATIONINSIGHTS_CONNECTION_STRING`, `APPLICATIONINSIGHTS_AUTHENTICATION_STRING` | where the Functions host sends \
telemetry, with the workload's identity |
";

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md")
}

fn text() -> String {
    let rows: String = SETTINGS.iter().map(|setting| row(setting)).collect();
    format!("{INTRODUCTION}{rows}{OTHERS}")
}

fn row(setting: &Setting) -> String {
    let Setting { name, meaning, absent, local, azure, .. } = setting;
    let absent = match absent {
        Absent::Refused => "the handler does not start".to_owned(),
        Absent::Default("") => "none".to_owned(),
        Absent::Default(value) => format!("`{value}`"),
        Absent::Nothing(meaning) => (*meaning).to_owned(),
    };
    format!("| `{name}` | {meaning} | {absent} | {local} | {azure} | {} |\n", refusal(setting))
}

/// Stands for the names of all tools.
const TOOLS: [&str; 1] = ["…"];

/// A text that no parser of a setting accepts.
const ANY_TEXT: &str = "“any”, a/b\\c #?=!";

/// The faults that the handler reports for the wrong value, and for none where one is required.
fn refusal(setting: &Setting) -> String {
    let said = |value: &'static str| {
        let faults = load_with(&TOOLS, &production(&[(setting.name, value)])).err();
        let of_setting = faults.into_iter().flat_map(|faults| faults.0).find(|fault| fault.setting == setting.name);
        of_setting.unwrap_or_else(|| panic!("{} accepts {value:?}", setting.name)).problem
    };
    match (setting.wrong, &setting.absent) {
        (Some(value), _) => format!("`{value}`: {}", said(value)),
        (None, Absent::Refused) => format!("empty: {}", said("")),
        (None, Absent::Default(_) | Absent::Nothing(_)) => {
            assert!(load(&production(&[(setting.name, ANY_TEXT)])).is_ok(), "{} refuses a text", setting.name);
            "every text is accepted".to_owned()
        }
    }
}

#[test]
fn settings_md_is_what_the_table_says() {
    if Environment::of_process().get(RENEW).is_some() {
        fs::write(file(), text()).unwrap();
    }
    let written = fs::read_to_string(file()).unwrap_or_default();
    assert!(written == text(), "docs/settings.md is not what src/config/table.rs says; renew it with {RENEW}=1");
}

#[test]
fn every_setting_is_in_the_list() {
    let declared = include_str!("table.rs").matches(": Setting = Setting {").count();
    assert_eq!(declared, SETTINGS.len());
    let mut names: Vec<_> = SETTINGS.iter().map(|setting| setting.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SETTINGS.len());
}

#[test]
fn the_second_table_has_what_bicep_sets_besides_our_own_settings() {
    let bicep = include_str!("../../infra/modules/function-app.bicep");
    let (_, settings) = bicep.split_once("appSettings: [").unwrap();
    let (settings, _) = settings.split_once("\n      ]").unwrap();
    let set = settings.split("{ name: '").skip(1).filter_map(|rest| rest.split('\'').next());
    let others: BTreeSet<_> = set.filter(|name| SETTINGS.iter().all(|setting| setting.name != *name)).collect();
    let cells = OTHERS.lines().filter(|row| row.starts_with("| `")).filter_map(|row| row.split('|').nth(1));
    let names: Vec<_> = cells.flat_map(|cell| cell.split(", ")).map(|name| name.trim_matches([' ', '`'])).collect();
    let names: Vec<_> = names.iter().map(|name| name.replace('…', "AzureWebJobsStorage")).collect();
    assert_eq!(names.iter().map(String::as_str).collect::<BTreeSet<_>>(), others);
}
