//! The column "set locally by" of `docs/settings.md`, which is generated from the table of settings.

use std::collections::BTreeSet;

use local_tenant::Options;
use remote_auth_mcp::config::SETTINGS;

#[tokio::test]
async fn the_local_tenant_sets_what_the_table_says_that_it_sets() {
    let tenant = local_tenant::start(Options::default()).await.unwrap();
    let given = tenant.settings();
    let given: BTreeSet<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
    let named = SETTINGS.iter().filter(|setting| setting.local == "the local tenant").map(|setting| setting.name);
    assert_eq!(named.collect::<BTreeSet<_>>(), given);
    tenant.stop().await;
}
