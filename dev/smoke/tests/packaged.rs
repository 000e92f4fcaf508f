//! The package that azd deploys, behind the stand-ins of the Functions host and of API Management: every fact is as it
//! should be. `cargo xtask test package` makes the package and runs this; other stages have none.
#![cfg(test)]

#[path = "support/browser.rs"]
mod browser;
#[cfg(target_os = "linux")]
#[path = "support/memory.rs"]
mod memory;
#[cfg(target_os = "linux")]
#[path = "support/worst.rs"]
mod worst;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use functions_host::{FunctionsHost, Gateway, Options};
use local_tenant::{GATEWAY_PRINCIPAL_ID, Tenant};
use smoke::{Line, News, Outcome};
use tempfile::TempDir;

const USER: &str = "bob@contoso.example";

struct Deployed {
    host: FunctionsHost,
    _tenant: Tenant,
    _data: TempDir,
}

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/package").canonicalize().unwrap()
}

async fn deployed() -> Deployed {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, data) = (format!("http://{}", listener.local_addr().unwrap()), tempfile::tempdir().unwrap());
    let tenant = local_tenant::start(local_tenant::Options {
        port: 0,
        state_file: None,
        redirect_uris: vec![format!("{url}/oauth-callback")],
        silent_user: Some(USER.to_owned()),
    })
    .await
    .unwrap();
    let mut environment = tenant.settings();
    let settings = [
        ("PUBLIC_BASE_URL", url.as_str()),
        ("DATA_DIR", data.path().to_str().unwrap()),
        ("GATEWAY_PRINCIPAL_ID", GATEWAY_PRINCIPAL_ID),
    ];
    environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let gateway = Gateway::new(tenant.gateway_tokens());
    let (root, handler) = (package(), package().join("handler"));
    let options = Options { root, listener, handler, handlers: 1, environment, log: Some(data.path().join("log")) };
    let host = functions_host::start_behind_gateway(options, gateway).await.unwrap();
    Deployed { host, _tenant: tenant, _data: data }
}

/// Longer than every idle limit if LONG is set; else long enough for one keep-alive.
#[expect(clippy::disallowed_methods, reason = "how the stage hands on that it may take long")]
fn stream() -> Duration {
    Duration::from_secs(if std::env::var_os("LONG").is_some() { 270 } else { 17 })
}

#[tokio::test]
#[ignore = "run by cargo xtask test package, which makes target/package"]
async fn every_fact_is_as_it_should_be() {
    let deployed = deployed().await;
    let options = smoke::Options {
        url: deployed.host.url().parse().unwrap(),
        function_host: Some(deployed.host.host_url().parse().unwrap()),
        wait: Duration::ZERO,
        sign_in: Some(Duration::from_mins(5)),
        stream: stream(),
        address_limit: true,
    };
    let report = smoke::run(&options, &|news| match news {
        News::Line(line) => println!("{line}"),
        News::SignIn(url) => {
            let url = url.to_owned();
            tokio::spawn(async move { browser::sign_in(&url).await });
        }
    })
    .await;
    let other: Vec<&Line> = report.lines().iter().filter(|line| !matches!(line.outcome, Outcome::Pass(_))).collect();
    assert!(other.is_empty(), "{other:#?}");
    assert_eq!(report.lines().len(), 16);
}

#[tokio::test]
#[ignore = "run by cargo xtask test package, which makes target/package"]
async fn without_a_sign_in_and_a_function_host_what_needs_them_is_skipped() {
    let deployed = deployed().await;
    let options = smoke::Options {
        url: deployed.host.url().parse().unwrap(),
        function_host: None,
        wait: Duration::ZERO,
        sign_in: None,
        stream: Duration::ZERO,
        address_limit: false,
    };
    let report = smoke::run(&options, &|_| ()).await;
    assert!(!report.failed(), "{:#?}", report.lines());
    assert_eq!(report.to_string(), "6 passed, 0 failed, 10 skipped");
}

#[tokio::test]
#[cfg(target_os = "linux")]
#[ignore = "run by cargo xtask test package, which makes target/package"]
async fn the_worst_inputs_take_little_memory_and_give_it_back() {
    memory::worst_inputs(&package().join("handler")).await;
}
