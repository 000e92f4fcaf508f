//! Nothing that a person sends is written to logs: no bodies, no credentials, no codes.

use serde_json::Value;

use super::super::deployment::{Deployment, Resource};
use super::{Judged, Rule, Rules, identities, mentions};

pub(super) const RULES: Rules = &[
    ("diagnostics-at-every-scope", Rule::Deployment(every_scope)),
    ("diagnostics-no-payload", Rule::Deployment(no_payload)),
    ("diagnostics-no-credentials", Rule::Deployment(no_credentials)),
    ("diagnostics-mask-the-query", Rule::Deployment(mask)),
    ("diagnostics-no-address", Rule::Deployment(no_address)),
    ("diagnostics-logger-keyless", Rule::Deployment(logger)),
];

const KINDS: [&str; 2] =
    ["Microsoft.ApiManagement/service/diagnostics", "Microsoft.ApiManagement/service/apis/diagnostics"];
const MESSAGES: [&str; 4] = ["frontend/request", "frontend/response", "backend/request", "backend/response"];
/// Parameters that must not be read in a log: of OAuth and OpenID Connect, of our consent page, and HTTP+SSE's session.
const MASKED: [&str; 9] =
    ["access_token", "code", "id", "id_token_hint", "login_hint", "nonce", "request", "sessionId", "state"];

fn every(deployment: &Deployment, judge: impl Fn(&Resource) -> Vec<String>) -> Judged {
    let diagnostics = KINDS.iter().flat_map(|kind| deployment.all(kind));
    let named =
        |one: &Resource| judge(one).into_iter().map(|fault| format!("{}: {fault}", one.name)).collect::<Vec<_>>();
    Ok(diagnostics.flat_map(named).collect())
}

/// Without one of them the default of API Management holds there.
fn every_scope(deployment: &Deployment) -> Judged {
    Ok(KINDS.into_iter().filter_map(|kind| deployment.only(kind).err()).collect())
}

/// Reading a body also buffers it, which would hold back a stream.
fn no_payload(deployment: &Deployment) -> Judged {
    every(deployment, |diagnostic| {
        let bytes = |message| diagnostic.must_be(&format!("/properties/{message}/body/bytes"), &0.into());
        MESSAGES.into_iter().filter_map(bytes).collect()
    })
}

fn no_credentials(deployment: &Deployment) -> Judged {
    every(deployment, |diagnostic| {
        let headers =
            |message| diagnostic.items(&format!("/properties/{message}/headers")).iter().filter_map(Value::as_str);
        let logged = MESSAGES.into_iter().flat_map(headers).filter(|header| is_secret(header));
        logged.map(|header| format!("the header {header} is logged")).collect()
    })
}

fn is_secret(header: &str) -> bool {
    let header = header.to_ascii_lowercase();
    ["authorization", "cookie", "location"].iter().any(|secret| header.contains(secret))
}

fn no_address(deployment: &Deployment) -> Judged {
    every(deployment, |diagnostic| diagnostic.must_be("/properties/logClientIp", &false.into()).into_iter().collect())
}

fn mask(deployment: &Deployment) -> Judged {
    every(deployment, |diagnostic| {
        let sides = ["frontend", "backend"].into_iter().flat_map(|side| MASKED.map(|parameter| (side, parameter)));
        let open = sides.filter(|(side, parameter)| !masks(diagnostic, side, parameter));
        open.map(|(side, parameter)| format!("{side}: the query parameter {parameter} is not masked")).collect()
    })
}

fn masks(diagnostic: &Resource, side: &str, parameter: &str) -> bool {
    let masked = diagnostic.items(&format!("/properties/{side}/request/dataMasking/queryParams"));
    masked.iter().any(|entry| {
        let is = |member: &str, values: &[&str]| {
            entry.pointer(member).and_then(Value::as_str).is_some_and(|found| values.contains(&found))
        };
        is("/value", &[parameter, "*"]) && is("/mode", &["Mask", "Hide"])
    })
}

/// The gateway's identity writes to Application Insights; an instrumentation key alone would be a shared secret.
fn logger(deployment: &Deployment) -> Judged {
    let gateway = identities::gateway(deployment)?;
    let insights = deployment.only("Microsoft.Insights/components")?.name.clone();
    let mut faults = deployment.every("Microsoft.ApiManagement/service/loggers", |logger| {
        let mut faults =
            mentions("identityClientId", logger.text("/properties/credentials/identityClientId"), &[&gateway]);
        faults.extend(mentions(
            "connectionString",
            logger.text("/properties/credentials/connectionString"),
            &[&insights],
        ));
        faults
    });
    let local = deployment.every("Microsoft.Insights/components", |component| {
        component.must_be("/properties/DisableLocalAuth", &true.into()).into_iter().collect()
    });
    faults.extend(local);
    Ok(faults)
}
