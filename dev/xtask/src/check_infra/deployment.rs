//! Every resource of a deployment, evaluated: what `bicep snapshot` writes.

use serde_json::Value;

use super::policy;

/// One parameter set's resources.
#[derive(Clone, Debug)]
pub(super) struct Deployment {
    /// Name of the parameter set.
    pub set: String,
    pub resources: Vec<Resource>,
}

/// One resource. A value that only Azure knows is an ARM expression in brackets.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// Without the version that Graph's types carry.
    pub kind: String,
    pub name: String,
    pub body: Value,
}

impl Deployment {
    pub(super) fn of(set: &str, snapshot: &Value) -> Result<Self, String> {
        let predicted = snapshot.pointer("/predictedResources").and_then(Value::as_array);
        let predicted = predicted.ok_or_else(|| format!("{set}: the snapshot has no predictedResources"))?;
        let read: Vec<Resource> = predicted.iter().map(Resource::of).collect();
        let resources = read.iter().map(|resource| resource.completed(&read)).collect();
        Ok(Self { set: set.to_owned(), resources })
    }

    /// The resources of a type.
    pub(super) fn all<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.kind.eq_ignore_ascii_case(kind))
    }

    /// The one resource of a type.
    pub(super) fn only(&self, kind: &str) -> Result<&Resource, String> {
        let found: Vec<_> = self.all(kind).collect();
        match found.as_slice() {
            [one] => Ok(one),
            found => Err(format!("there are {} resources of type {kind}, not one", found.len())),
        }
    }
}

impl Resource {
    fn of(body: &Value) -> Self {
        let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
        let name = text("/name").or_else(|| text("/properties/name")).or_else(|| text("/properties/uniqueName"));
        let kind = text("/type").unwrap_or_default();
        Self {
            kind: kind.split('@').next().unwrap_or(kind).to_owned(),
            name: name.unwrap_or(kind).to_owned(),
            body: body.clone(),
        }
    }

    /// With what a rule needs besides: `parent`, the resource that it belongs to, and `policy`, its policy document.
    fn completed(&self, all: &[Self]) -> Self {
        let mut completed = self.clone();
        let above = |name: &str| name.rsplit_once('/').map(|(above, _)| above.to_owned());
        let (kind, name) = (above(&self.kind), above(&self.name));
        let parent =
            all.iter().find(|parent| Some(&parent.kind) == kind.as_ref() && Some(&parent.name) == name.as_ref());
        let policy = self.kind.ends_with("/policies").then(|| policy::deployed(self.text("/properties/value")));
        if let Some(body) = completed.body.as_object_mut() {
            body.extend(parent.map(|parent| ("parent".to_owned(), parent.body.clone())));
            body.extend(policy.map(|policy| ("policy".to_owned(), policy)));
        }
        completed
    }

    /// A text; nothing for what is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The last part of a name such as `account/database`.
    pub(super) fn last_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The ARM expression, without its brackets, of a property that is known only in Azure.
    pub(super) fn reference(&self, property: &str) -> String {
        format!("reference('{}', '{}').{property}", self.text("/id"), self.text("/apiVersion"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_graph_resource_is_found_by_its_type_without_the_version() {
        let application = json!({"type": "Microsoft.Graph/applications@v1.0", "properties": {"uniqueName": "app"}});
        let deployment = Deployment::of("defaults", &json!({"predictedResources": [application]})).unwrap();
        assert_eq!(deployment.only("Microsoft.Graph/applications").unwrap().name, "app");
        assert!(deployment.only("A/b").is_err());
    }

    #[test]
    fn a_resource_has_the_one_that_it_belongs_to_and_its_policy() {
        let api = json!({"type": "A/apis", "name": "a"});
        let policy = json!({"type": "A/apis/policies", "name": "a/policy", "properties": {"value": "<policies />"}});
        let deployment = Deployment::of("defaults", &json!({"predictedResources": [api, policy]})).unwrap();
        let policy = deployment.only("A/apis/policies").unwrap();
        assert_eq!(policy.text("/parent/name"), "a");
        assert_eq!(policy.text("/policy/places/0"), "policies");
    }

    #[test]
    fn a_file_that_is_no_snapshot_is_an_error() {
        assert!(Deployment::of("vnet", &json!({})).unwrap_err().contains("predictedResources"));
    }
}
