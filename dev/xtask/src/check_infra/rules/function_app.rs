//! The function app: Flex Consumption, a custom handler that holds streams open.

use serde_json::Value;

use super::super::deployment::Deployment;
use super::super::project::Project;
use super::{Judged, Rule, Rules, identities, mentions, unless};

const SITE: &str = "Microsoft.Web/sites";

pub(super) const RULES: Rules = &[
    (
        "app-runtime",
        Rule::Property(SITE, "/properties/functionAppConfig/runtime", r#"{"name": "custom", "version": "1.0"}"#),
    ),
    ("app-plan", Rule::Deployment(plan)),
    ("app-memory", Rule::Deployment(memory)),
    ("app-concurrency", Rule::Deployment(concurrency)),
    ("app-always-ready", Rule::Deployment(always_ready)),
    ("app-https-only", Rule::Property(SITE, "/properties/httpsOnly", "true")),
    ("app-tls-1.2", Rule::Deployment(tls)),
    ("app-no-cors", Rule::Property(SITE, "/properties/siteConfig/cors", "null")),
    ("app-no-remote-debugging", Rule::Deployment(no_debugging)),
    ("app-package-keyless", Rule::Deployment(package)),
    ("app-no-publishing-passwords", Rule::Deployment(no_passwords)),
    ("app-no-config-elsewhere", Rule::Deployment(no_config)),
    ("host-json", Rule::Project(host)),
];

fn plan(deployment: &Deployment) -> Judged {
    let plan = deployment.only("Microsoft.Web/serverfarms")?;
    let wanted = [("/sku/name", "\"FC1\""), ("/sku/tier", "\"FlexConsumption\""), ("/properties/reserved", "true")];
    Ok(wanted.into_iter().filter_map(|(pointer, value)| plan.must_be(pointer, &super::literal(value))).collect())
}

fn scale<'a>(deployment: &'a Deployment, member: &str) -> Result<&'a Value, String> {
    Ok(deployment.only(SITE)?.at(&format!("/properties/functionAppConfig/scaleAndConcurrency/{member}")))
}

fn memory(deployment: &Deployment) -> Judged {
    let memory = scale(deployment, "instanceMemoryMB")?;
    let sizes = [512, 2048, 4096].map(Value::from);
    Ok(unless(sizes.contains(memory), || format!("instanceMemoryMB is {memory}")))
}

/// An open stream takes a slot; by default there are 16.
fn concurrency(deployment: &Deployment) -> Judged {
    let slots = scale(deployment, "triggers/http/perInstanceConcurrency")?;
    Ok(unless(slots.as_u64() >= Some(200), || format!("perInstanceConcurrency is {slots}, less than 200")))
}

/// Otherwise the first request after a pause waits for an instance.
fn always_ready(deployment: &Deployment) -> Judged {
    let ready = scale(deployment, "alwaysReady")?;
    let instances =
        ready.as_array().into_iter().flatten().find(|entry| entry.pointer("/name").is_some_and(|name| name == "http"));
    let count = instances.and_then(|entry| entry.pointer("/instanceCount")?.as_u64());
    Ok(unless(count >= Some(1), || format!("alwaysReady is {ready}")))
}

fn package(deployment: &Deployment) -> Judged {
    let site = deployment.only(SITE)?;
    let of = |member: &str| site.text(&format!("/properties/functionAppConfig/deployment/storage/{member}"));
    let kind = of("authentication/type");
    let mut faults = unless(kind == "UserAssignedIdentity", || format!("the package is read by {kind}"));
    let identity = of("authentication/userAssignedIdentityResourceId");
    faults.extend(mentions("the identity that reads the package", identity, &[&identities::workload(deployment)?]));
    faults.extend(mentions(
        "the package's place",
        of("value"),
        &[&deployment.only("Microsoft.Storage/storageAccounts")?.name],
    ));
    Ok(faults)
}

/// FTP and the deployment engine would take a user name and a password.
fn no_passwords(deployment: &Deployment) -> Judged {
    let kind = "Microsoft.Web/sites/basicPublishingCredentialsPolicies";
    let mut faults = vec![];
    for engine in ["ftp", "scm"] {
        let mut of = deployment.all(kind).filter(|policy| policy.name.ends_with(&format!("/{engine}")));
        let off = of.any(|policy| policy.at("/properties/allow") == &Value::Bool(false));
        faults.extend(unless(off, || format!("{engine} takes passwords")));
    }
    Ok(faults)
}

fn tls(deployment: &Deployment) -> Judged {
    let site = deployment.only(SITE)?;
    let versions =
        ["minTlsVersion", "scmMinTlsVersion"].map(|of| (of, site.text(&format!("/properties/siteConfig/{of}"))));
    let old = versions.iter().filter(|(_, version)| !["1.2", "1.3"].contains(version));
    Ok(old.map(|(of, version)| format!("{of} is {version:?}")).collect())
}

fn no_debugging(deployment: &Deployment) -> Judged {
    let debugs = deployment.only(SITE)?.at("/properties/siteConfig/remoteDebuggingEnabled") == &Value::Bool(true);
    Ok(unless(!debugs, || "remote debugging is on".to_owned()))
}

/// App Service's own sign-in (`authsettings`) buffers streams on Flex Consumption, and the handler does its own; and what stands in
/// `web` would replace the configuration that is judged here.
fn no_config(deployment: &Deployment) -> Judged {
    let of = deployment.all("Microsoft.Web/sites/config");
    let replaces = of.filter(|child| child.name.contains("authsettings") || child.name.ends_with("/web"));
    Ok(replaces.map(|child| format!("{} is deployed", child.name)).collect())
}

/// With a finite timeout one long stream ends the process, and every other stream with it. Only proxying streams. Sampling of
/// traces would drop audit lines; requests are sampled, and the host's two lines for each are off, because anybody can send
/// requests past the gateway. Each call of the host to the handler would be a dependency whose URL has its query, codes
/// included; so may the host's own log have it, once more of it is let through.
fn host(project: &Project) -> Judged {
    let host: Value = serde_json::from_str(project.files.required("host.json")?).map_err(|error| error.to_string())?;
    let wanted = [
        ("/functionTimeout", "\"-1\""),
        ("/extensions/http/routePrefix", "\"\""),
        ("/customHandler/description/defaultExecutablePath", "\"handler\""),
        ("/customHandler/enableProxyingHttpRequest", "true"),
        ("/customHandler/enableForwardingHttpRequest", "null"),
        ("/customHandler/port", "null"),
        ("/extensionBundle", "null"),
        ("/logging/applicationInsights/samplingSettings/excludedTypes", "\"Trace\""),
        ("/logging/applicationInsights/enableDependencyTracking", "false"),
        ("/logging/applicationInsights/enableQueryStringTracing", "null"),
        ("/logging/logLevel", r#"{"Function":"Warning"}"#),
    ];
    let differs =
        |(pointer, json): &(&str, &str)| host.pointer(pointer).unwrap_or(&Value::Null) != &super::literal(json);
    let fault = |(pointer, json): (&str, &str)| {
        format!("host.json: {pointer} is {}, not {json}", host.pointer(pointer).unwrap_or(&Value::Null))
    };
    Ok(wanted.into_iter().filter(differs).map(fault).collect())
}
