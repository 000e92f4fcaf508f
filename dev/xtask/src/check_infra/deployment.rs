//! Every resource of a deployment, evaluated: what `bicep snapshot` writes.

use serde_json::Value;

use super::policy;

/// One parameter set's resources and outputs.
#[derive(Clone, Debug)]
pub(super) struct Deployment {
    /// Name of the parameter set.
    pub set: String,
    pub resources: Vec<Resource>,
    pub outputs: Value,
}

/// One resource. What is known only in Azure is an ARM expression in brackets.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// Without the version that Graph's types carry.
    pub kind: String,
    pub name: String,
    pub body: Value,
}

impl Deployment {
    pub(super) fn parse(set: &str, snapshot: &str) -> Result<Self, String> {
        let whole: Value = serde_json::from_str(snapshot).map_err(|error| format!("{set}: {error}"))?;
        let predicted = whole.pointer("/predictedResources").and_then(Value::as_array);
        let predicted = predicted.ok_or_else(|| format!("{set}: the snapshot has no predictedResources"))?;
        let read: Vec<Resource> = predicted.iter().map(Resource::of).collect();
        let resources = read.iter().map(|resource| resource.completed(&read)).collect();
        let outputs = whole.pointer("/outputs").cloned().unwrap_or_default();
        Ok(Self { set: set.to_owned(), resources, outputs })
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

    /// The faults of all resources of a type; that there is none is a fault.
    pub(super) fn every(&self, kind: &str, judge: impl Fn(&Resource) -> Vec<String>) -> Vec<String> {
        let mut found = self.all(kind).peekable();
        if found.peek().is_none() {
            return vec![format!("there is no {kind}")];
        }
        found
            .flat_map(|resource| judge(resource).into_iter().map(|fault| format!("{}: {fault}", resource.name)))
            .collect()
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
        let xml = policy::text(self.text("/properties/value")).filter(|_| self.kind.ends_with("/policies"));
        if let Some(body) = completed.body.as_object_mut() {
            body.extend(parent.map(|parent| ("parent".to_owned(), parent.body.clone())));
            body.extend(xml.map(|xml| ("policy".to_owned(), policy::parse(&xml))));
        }
        completed
    }

    pub(super) fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A text; nothing for what is none.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    pub(super) fn items(&self, pointer: &str) -> &[Value] {
        self.at(pointer).as_array().map_or(&[], Vec::as_slice)
    }

    pub(super) fn keys(&self, pointer: &str) -> Vec<&str> {
        self.at(pointer).as_object().map_or_else(Vec::new, |object| object.keys().map(String::as_str).collect())
    }

    /// The last part of a name such as `account/database`.
    pub(super) fn last_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The ARM expression, without its brackets, of a property that is known only in Azure.
    pub(super) fn reference(&self, property: &str) -> String {
        format!("reference('{}', '{}').{property}", self.text("/id"), self.text("/apiVersion"))
    }

    /// The fault that a property is something else.
    pub(super) fn must_be(&self, pointer: &str, expected: &Value) -> Option<String> {
        let found = self.at(pointer);
        let property = pointer.trim_start_matches('/').replace('/', ".");
        (found != expected).then(|| format!("{property} is {found}, not {expected}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn deployment() -> Deployment {
        let snapshot = r#"{"predictedResources": [
            {"type": "Microsoft.Graph/applications@v1.0", "properties": {"uniqueName": "app"}},
            {"type": "Microsoft.Storage/storageAccounts", "name": "st", "properties": {"allowSharedKeyAccess": true}}
        ], "outputs": {"A": "b"}}"#;
        Deployment::parse("defaults", snapshot).unwrap()
    }

    #[test]
    fn a_graph_resource_is_found_by_its_type_without_the_version() {
        assert_eq!(deployment().only("Microsoft.Graph/applications").unwrap().name, "app");
        assert_eq!(deployment().outputs, json!({"A": "b"}));
    }

    #[test]
    fn a_wrong_property_is_named_with_both_values() {
        let deployment = deployment();
        let storage = deployment.only("microsoft.storage/storageaccounts").unwrap();
        let fault = storage.must_be("/properties/allowSharedKeyAccess", &json!(false)).unwrap();
        assert_eq!(fault, "properties.allowSharedKeyAccess is true, not false");
        assert_eq!(storage.must_be("/properties/allowSharedKeyAccess", &json!(true)), None);
    }

    #[test]
    fn a_rule_about_resources_that_are_not_there_does_not_pass() {
        assert_eq!(deployment().every("A/b", |_| vec![]), ["there is no A/b"]);
        assert!(deployment().only("A/b").is_err());
    }

    #[test]
    fn what_is_no_snapshot_is_said() {
        assert!(Deployment::parse("vnet", "{}").unwrap_err().contains("predictedResources"));
        assert!(Deployment::parse("vnet", "<").unwrap_err().starts_with("vnet: "));
    }
}
