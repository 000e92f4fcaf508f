//! Scopes as Entra reads them: `{resource}/{permission}`, bare names are Microsoft Graph's, and a token is for one
//! resource. <https://learn.microsoft.com/entra/identity-platform/scopes-oidc>

use std::collections::BTreeSet;

use crate::aadsts::{
    MALFORMED, RESOURCE_UNKNOWN, Refusal, SCOPE_INVALID, SCOPE_UNKNOWN, SCOPES_OF_TWO_RESOURCES, TOKEN_FOR_ITSELF,
};
use crate::registration::{
    APP_NAME, APP_SCOPE, CLIENT_ID, GRAPH_APP_ID, GRAPH_REQUIRED, GRAPH_URI, ORDERS_CLIENT_ID, ORDERS_SCOPE,
    ORDERS_URI, TENANT_ID, is_identifier_uri,
};

/// The resources of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    /// Our app, the middle tier.
    App,
    /// Microsoft Graph, downstream.
    Graph,
    /// Contoso's orders, downstream.
    Orders,
}

/// A delegated permission that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Permission {
    resource: Resource,
    name: &'static str,
}

/// The OIDC scopes. They are permissions of Graph that may stand beside those of another resource.
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// Graph's permissions that this tenant knows. Only `Calendars.Read`, `Contacts.Read`, `Mail.Read` and `User.Read` open anything
/// here.
const GRAPH: &[&str] = &[
    "Calendars.Read",
    "Contacts.Read",
    "Files.Read",
    "Mail.Read",
    "People.Read",
    "Tasks.Read",
    "User.Read",
    "User.ReadBasic.All",
];

impl Permission {
    pub(crate) fn is_openid(self) -> bool {
        OPENID.contains(&self.name)
    }

    /// In its one spelling, as it is stored and answered.
    pub(crate) fn full_name(self) -> String {
        match self.resource {
            Resource::App => format!("{CLIENT_ID}/{}", self.name),
            Resource::Graph if self.is_openid() => self.name.to_owned(),
            Resource::Graph => format!("{GRAPH_URI}/{}", self.name),
            Resource::Orders => format!("{ORDERS_URI}/{}", self.name),
        }
    }

    pub(crate) fn resource(self) -> Resource {
        self.resource
    }

    /// As it stands in `scp`.
    pub(crate) fn name(self) -> &'static str {
        self.name
    }

    /// The permission with that full name.
    pub(crate) fn named(full_name: &str) -> Option<Self> {
        all().find(|permission| permission.full_name() == full_name)
    }
}

fn all() -> impl Iterator<Item = Permission> {
    let graph =
        OPENID.into_iter().chain(GRAPH.iter().copied()).map(|name| Permission { resource: Resource::Graph, name });
    graph.chain([
        Permission { resource: Resource::App, name: APP_SCOPE },
        Permission { resource: Resource::App, name: "calendars.read" },
        Permission { resource: Resource::App, name: "mail.read" },
        Permission { resource: Resource::Orders, name: ORDERS_SCOPE },
    ])
}

/// A valid `scope` parameter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scopes {
    /// As sent, for refusals.
    text: String,
    permissions: BTreeSet<Permission>,
    graph_default: bool,
}

impl Scopes {
    /// Every scope must name a resource of the tenant and a permission of it; `.default` stands alone among them.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut scopes = Self { text: text.to_owned(), permissions: BTreeSet::new(), graph_default: false };
        for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
            let (resource, name) = split(scope)?;
            if name == ".default" {
                scopes.graph_default |= is_graph_default(resource, scope)?;
            } else {
                scopes.permissions.insert(find(resource, name)?);
            }
        }
        if scopes.graph_default && scopes.permissions.iter().any(|permission| !permission.is_openid()) {
            let reason = ".default scope can't be combined with resource-specific scopes.";
            return Err(SCOPE_INVALID.with(&[text, reason]));
        }
        Ok(scopes)
    }

    /// The one resource a token for these is for: Graph if only OIDC scopes are asked for.
    pub(crate) fn resource(&self) -> Result<Resource, Refusal> {
        let mut resources =
            self.permissions.iter().filter(|permission| !permission.is_openid()).map(|permission| permission.resource);
        let first = resources.next().unwrap_or(Resource::Graph);
        if resources.all(|resource| resource == first) {
            Ok(first)
        } else {
            Err(SCOPES_OF_TWO_RESOURCES.with(&[&self.text]))
        }
    }

    /// The scopes that the user consents to: `.default` means those that the app is registered for.
    pub(crate) fn to_consent(&self) -> BTreeSet<Permission> {
        let mut permissions = self.permissions.clone();
        if self.graph_default {
            permissions.extend(all().filter(|permission| permission.name == GRAPH_REQUIRED));
        }
        permissions
    }

    /// The named ones, without what `.default` stands for.
    pub(crate) fn permissions(&self) -> &BTreeSet<Permission> {
        &self.permissions
    }

    pub(crate) fn has(&self, openid_scope: &str) -> bool {
        self.permissions.iter().any(|permission| permission.is_openid() && permission.name == openid_scope)
    }

    pub(crate) fn is_graph_default(&self) -> bool {
        self.graph_default
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

fn split(scope: &str) -> Result<(Resource, &str), Refusal> {
    let Some((resource, name)) = scope.rsplit_once('/') else { return Ok((Resource::Graph, scope)) };
    match resource {
        GRAPH_URI | GRAPH_APP_ID => Ok((Resource::Graph, name)),
        CLIENT_ID => Ok((Resource::App, name)),
        ORDERS_URI | ORDERS_CLIENT_ID => Ok((Resource::Orders, name)),
        _ if is_identifier_uri(resource) => Err(TOKEN_FOR_ITSELF.with(&[CLIENT_ID, APP_NAME])),
        _ => Err(RESOURCE_UNKNOWN.with(&[resource, TENANT_ID])),
    }
}

/// Graph's is implemented. The app's own yields no access token at Entra.
fn is_graph_default(resource: Resource, scope: &str) -> Result<bool, Refusal> {
    match resource {
        Resource::Graph => Ok(true),
        Resource::App | Resource::Orders => Err(MALFORMED.with(&[&format!("the scope '{scope}' is not implemented")])),
    }
}

/// Entra compares permission names without regard to letter case.
fn find(resource: Resource, name: &str) -> Result<Permission, Refusal> {
    let found = all().find(|permission| permission.resource == resource && permission.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let resource = match resource {
            Resource::App => CLIENT_ID,
            Resource::Graph => GRAPH_APP_ID,
            Resource::Orders => ORDERS_CLIENT_ID,
        };
        SCOPE_UNKNOWN.with(&[APP_NAME, name, resource])
    })
}
