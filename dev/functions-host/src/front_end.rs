//! App Service's front end: every request to the function app passes it, also one that goes past API Management.
//!
//! It writes the fields in [`WRITTEN`] itself, whatever the sender wrote in them (docs/edge.md has the sources), so that
//! none of them can carry anything from API Management to the handler.

use std::net::SocketAddr;

use uuid::Uuid;

use crate::head::{Field, Head};
use crate::{connection::Connection, forward::End, headers::is_any, request::Request, serve::Serve};

/// The fields of a request that are the front end's.
pub const WRITTEN: [&str; 15] = [
    "CLIENT-IP",
    "DISGUISED-HOST",
    "Max-Forwards",
    "WAS-DEFAULT-HOSTNAME",
    "X-AppService-Proto",
    "X-ARR-LOG-ID",
    "X-ARR-SSL",
    "X-Client-IP",
    "X-Client-Port",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-TlsVersion",
    "X-Original-URL",
    "X-SITE-DEPLOYMENT-ID",
    "X-WAWS-Unencoded-URL",
];

/// The front end before a server.
pub(crate) struct FrontEnd<S>(pub(crate) S);

impl<S: Serve> Serve for FrontEnd<S> {
    async fn answer(&self, client: &mut Connection, mut request: Request, caller: SocketAddr) -> End {
        overwrite(&mut request.head, &request.line.target, caller);
        self.0.answer(client, request, caller).await
    }
}

/// The scheme is the one that a deployed function app is reached by; this program knows no TLS.
fn overwrite(head: &mut Head, target: &str, caller: SocketAddr) {
    let host = head.values("Host").next().unwrap_or_default().to_owned();
    let (address, port) = (caller.ip().to_string(), caller.port().to_string());
    let site = host.split(['.', ':']).next().unwrap_or_default().to_owned();
    let values = WRITTEN.map(|name| match name {
        "CLIENT-IP" | "X-Forwarded-For" => caller.to_string(),
        "DISGUISED-HOST" | "WAS-DEFAULT-HOSTNAME" => host.clone(),
        "Max-Forwards" => "10".to_owned(),
        "X-AppService-Proto" | "X-Forwarded-Proto" => "https".to_owned(),
        "X-ARR-LOG-ID" => Uuid::new_v4().to_string(),
        "X-ARR-SSL" => "2048|256|CN=issuer|CN=subject".to_owned(),
        "X-Client-IP" => address.clone(),
        "X-Client-Port" => port.clone(),
        "X-Forwarded-TlsVersion" => "1.3".to_owned(),
        "X-SITE-DEPLOYMENT-ID" => site.clone(),
        // X-Original-URL and X-WAWS-Unencoded-URL.
        _ => target.to_owned(),
    });
    head.fields.retain(|field| !is_any(field, &WRITTEN));
    head.fields.extend(WRITTEN.into_iter().zip(values).map(|(name, value)| Field { name: name.to_owned(), value }));
}
