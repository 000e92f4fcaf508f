//! The state of the tenant and its subscription.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde_json::{Value, json};
use stand_in::random;

use crate::json::text;
use crate::plan::{Deployment, Plan};
use crate::sign_ins::SignIns;
use crate::tokens::Tokens;

/// Everything that changes.
pub(crate) struct State {
    pub(crate) tenant: String,
    pub(crate) subscription: String,
    pub(crate) known: Vec<Deployment>,
    pub(crate) tokens: Tokens,
    pub(crate) sign_ins: SignIns,
    /// By name, oldest first.
    pub(crate) deployments: Vec<(String, Value)>,
    /// By id in lower case: resource groups and what is in them.
    pub(crate) resources: BTreeMap<String, Value>,
    /// Types of Graph with the id of the one object that a deployment makes.
    pub(crate) directory: BTreeMap<String, String>,
    /// By id: the deleted resources that can be recovered.
    pub(crate) soft_deleted: BTreeMap<String, Value>,
    /// Role assignments that deployments made.
    pub(crate) assignments: Vec<Value>,
    pub(crate) uploads: Vec<Upload>,
    /// Whether the site's identity may not yet write to its storage account.
    pub(crate) storage_forbidden: bool,
}

/// A package that the deployment endpoint took.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Name of the function app.
    pub site: String,
    /// Whether Azure was asked to build it.
    pub remote_build: bool,
    /// The archive.
    pub zip: Bytes,
}

impl State {
    pub(crate) fn new(plan: Plan) -> Self {
        let Plan { tenant, subscription, deployments: known } = plan;
        Self {
            tenant,
            subscription,
            known,
            tokens: Tokens::new(),
            sign_ins: SignIns::default(),
            deployments: Vec::new(),
            resources: BTreeMap::new(),
            directory: BTreeMap::new(),
            soft_deleted: BTreeMap::new(),
            assignments: Vec::new(),
            uploads: Vec::new(),
            storage_forbidden: false,
        }
    }

    /// `organizations` is any tenant that a person works in.
    pub(crate) fn is_tenant(&self, name: &str) -> bool {
        name == "organizations" || name == self.tenant
    }

    /// Adds a resource under its id, or changes it.
    pub(crate) fn put(&mut self, resource: Value) {
        if let Some(id) = resource.get("id").and_then(Value::as_str) {
            self.soft_deleted.remove(id);
            self.resources.insert(id.to_lowercase(), resource);
        }
    }

    /// The resource of this id, however its letters are written.
    pub(crate) fn resource(&self, id: &str) -> Option<&Value> {
        self.resources.get(&id.to_lowercase())
    }

    pub(crate) fn has_site(&self, name: &str) -> bool {
        self.resources
            .values()
            .any(|resource| text(resource, "/type") == "Microsoft.Web/sites" && text(resource, "/name") == name)
    }

    /// The listed resources of a group: those that are part of no other, in their order.
    pub(crate) fn in_group(&self, group: &str) -> impl Iterator<Item = &Value> {
        let prefix = format!("/subscriptions/{}/resourcegroups/{}/providers/", self.subscription, group).to_lowercase();
        let listed = move |id: &str| id.strip_prefix(&prefix).is_some_and(|rest| rest.split('/').count() == 3);
        self.resources.iter().filter(move |(id, _)| listed(id)).map(|(_, resource)| resource)
    }

    /// The soft-deleted resources of this type.
    pub(crate) fn soft_deleted(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.soft_deleted.values().filter(move |resource| text(resource, "/type") == kind)
    }

    /// Deletes a group with everything in it. What Azure keeps for a while is soft-deleted.
    pub(crate) fn delete_group(&mut self, group: &str) {
        let id = format!("/subscriptions/{}/resourcegroups/{}", self.subscription, group).to_lowercase();
        let inside = format!("{id}/");
        self.resources.retain(|there, resource| {
            let goes = *there == id || there.starts_with(&inside);
            let kept = goes && SOFT_DELETED.iter().any(|kind| text(resource, "/type") == *kind);
            if kept {
                self.soft_deleted.insert(text(resource, "/id").to_owned(), resource.clone());
            }
            !goes
        });
    }

    /// Creates an object in the directory, unless there is one of its type; the client id of the application.
    pub(crate) fn register(&mut self, kind: &str) -> &str {
        self.directory.entry(kind.to_owned()).or_insert_with(random::uuid)
    }

    /// Assigns a role, as a deployment's `extensionResourceId('SCOPE', …)` has it. It is old enough to have reached everything.
    pub(crate) fn assign(&mut self, resource: &Value) {
        let scope =
            text(resource, "/id").strip_prefix("[extensionResourceId('").and_then(|rest| rest.split('\'').next());
        let properties = json!({
            "scope": scope, "roleDefinitionId": text(resource, "/properties/roleDefinitionId"),
            "createdOn": self.tokens.timestamp(-10),
        });
        self.assignments.push(json!({ "type": "Microsoft.Authorization/roleAssignments", "properties": properties }));
    }

    pub(crate) fn deployment(&self, name: &str) -> Option<&Value> {
        self.deployments.iter().find(|(there, _)| there.eq_ignore_ascii_case(name)).map(|(_, deployment)| deployment)
    }

    /// The signed-in user's view of the subscription.
    pub(crate) fn subscription_entry(&self) -> Value {
        json!({
            "id": format!("/subscriptions/{}", self.subscription), "subscriptionId": self.subscription,
            "tenantId": self.tenant, "displayName": "Contoso", "state": "Enabled",
        })
    }
}

/// Resources that can be recovered after their deletion: Key Vault for 90 days, a workspace for 14, API Management for 2.
const SOFT_DELETED: [&str; 3] =
    ["Microsoft.KeyVault/vaults", "Microsoft.OperationalInsights/workspaces", "Microsoft.ApiManagement/service"];
