//! The parsers of settings. The handler writes each error behind the name of its setting: `NAME: must be a GUID`.

use std::{
    num::{NonZeroU16, ParseIntError},
    time::Duration,
};

use authorization_server::{
    ground::{self, DocumentHosts},
    state::roles::{self, APP_ROLES, AppRole},
};
use oauth_protocol::loopback::has_loopback_host;
use url::Url;

use super::cloud::Cloud;

/// A key in Key Vault, without a version: `https://{vault}/keys/{name}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultKeyId {
    /// Origin of the vault.
    pub vault: String,
    /// Name of the key.
    pub name: String,
}

impl VaultKeyId {
    /// A key of a vault in this cloud.
    pub(super) fn parse(value: &str, cloud: Cloud) -> Result<Self, String> {
        let key = Self::split(value).filter(|key| key.vault.ends_with(cloud.vault_suffix()));
        let shape = || format!("must be https://{{vault}}{}/keys/{{name}}, without a version", cloud.vault_suffix());
        key.ok_or_else(shape)
    }

    fn split(value: &str) -> Option<Self> {
        let url = Url::parse(value).ok()?;
        let segments: Vec<&str> = url.path_segments()?.collect();
        let ["keys", name] = segments.as_slice() else { return None };
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let vault = url.origin().ascii_serialization();
        let is_key = is_name && url.scheme() == "https" && value == format!("{vault}/keys/{name}");
        is_key.then(|| Self { vault, name: (*name).to_owned() })
    }
}

pub(super) fn port(value: &str) -> Result<u16, &'static str> {
    value.parse().map(NonZeroU16::get).map_err(|_: ParseIntError| "must be a port number from 1 to 65535")
}

/// In lower case, as Entra writes it in its tokens.
pub(super) fn guid(value: &str) -> Result<String, &'static str> {
    ground::guid(value).ok_or("must be a GUID")
}

pub(super) fn cloud(value: &str) -> Result<Cloud, &'static str> {
    value.parse().map_err(|()| "must be public, usgov or china")
}

pub(super) fn log_level(value: &str) -> Result<tracing::Level, &'static str> {
    value.parse().map_err(|_| "must be error, warn, info, debug or trace")
}

pub(super) fn event_poll(value: &str) -> Result<Duration, &'static str> {
    let milliseconds = value.parse().ok().filter(|milliseconds| (10..=1000).contains(milliseconds));
    milliseconds.map(Duration::from_millis).ok_or("must be a number of milliseconds from 10 to 1000")
}

/// The origin of the local tenant.
pub(super) fn stand_in(value: &str) -> Result<String, &'static str> {
    let url = Url::parse(value).ok();
    let usable = url.filter(|url| is_origin(url) && matches!(url.scheme(), "http" | "https") && has_loopback_host(url));
    let fault = "must be an http or https origin on a loopback host; it is for the local tenant only";
    usable.map(|_| value.trim_end_matches('/').to_owned()).ok_or(fault)
}

/// https, or outside of production http on a loopback host.
pub(super) fn cosmos_endpoint(value: &str, production: bool) -> Result<Url, &'static str> {
    let usable = |url: &Url| url.scheme() == "https" || !production && url.scheme() == "http" && has_loopback_host(url);
    let endpoint = Url::parse(value).ok().filter(|url| is_origin(url) && usable(url));
    endpoint.ok_or("must be an https origin such as https://account.documents.azure.com")
}

/// Other characters would make another path of the database's URL.
pub(super) fn cosmos_database(value: &str) -> Result<String, &'static str> {
    let is_name = value.len() <= 255 && !value.contains(['/', '\\', '#', '?']);
    is_name.then(|| value.to_owned()).ok_or("must be the name of a database: at most 255 characters, none of / \\ # ?")
}

pub(super) fn origins(value: &str) -> Result<Vec<String>, String> {
    let origin = |text: &str| {
        let is_origin = Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        let fault = || format!("has the member {text}, which is not an origin such as https://app.example.com");
        is_origin.then(|| text.to_owned()).ok_or_else(fault)
    };
    members(value).map(origin).collect()
}

pub(super) fn document_hosts(value: &str) -> Result<DocumentHosts, String> {
    DocumentHosts::parse(value)
        .map_err(|member| format!("has the member {member}, which is not a host such as claude.ai or *.example.com"))
}

/// Of a list, by commas or spaces.
fn members(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ']).filter(|text| !text.is_empty())
}

/// A tool that the operator serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenTool {
    /// Its name.
    pub name: String,
    /// The role that its callers need; `None` for the one that the tool itself names, if it does.
    pub role: Option<&'static AppRole>,
}

/// Tools of these names, each as `name` or `name=role`.
pub(super) fn tools(value: &str, names: &[&str]) -> Result<Vec<ChosenTool>, String> {
    let tools: Vec<_> = members(value).map(|member| tool(member, names)).collect::<Result<_, _>>()?;
    if tools.is_empty() { Err("names no tool".to_owned()) } else { Ok(tools) }
}

fn tool(member: &str, names: &[&str]) -> Result<ChosenTool, String> {
    let (name, role) = member.split_once('=').map_or((member, None), |(name, role)| (name, Some(role)));
    if !names.contains(&name) {
        return Err(format!("has the member {member}, which names none of {}", names.join(", ")));
    }
    let known = || APP_ROLES.iter().map(|role| role.value).collect::<Vec<_>>().join(", ");
    let found = |value| roles::role(value).ok_or_else(|| format!("has the role {value}, which is none of {}", known()));
    Ok(ChosenTool { name: name.to_owned(), role: role.map(found).transpose()? })
}

/// Scheme, host and port, and nothing else; a final slash is none.
fn is_origin(url: &Url) -> bool {
    url.as_str().trim_end_matches('/') == url.origin().ascii_serialization()
}
