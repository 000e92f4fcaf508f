//! What only the compiled template shows: the order of things, and the types of inner outputs.

use serde_json::Value;

use super::{Judged, Rule, Rules, role_names};

pub(super) const RULES: Rules = &[
    ("app-waits-for-its-storage-role", Rule::Template(waits)),
    ("secrets-no-secure-types", Rule::Template(no_secure_types)),
];

/// A module of the template: its symbolic name, and what it is.
type Module<'a> = (&'a str, &'a Value);

fn modules(template: &Value) -> impl Iterator<Item = Module<'_>> {
    let resources = template.pointer("/resources").and_then(Value::as_object);
    let deployments =
        |(_, module): &Module| module.pointer("/type").is_some_and(|kind| kind == "Microsoft.Resources/deployments");
    resources.into_iter().flatten().map(|(name, module)| (name.as_str(), module)).filter(deployments)
}

/// The module with a resource of this type whose text has this word.
fn module_with<'a>(template: &'a Value, kind: &str, word: &str) -> Result<Module<'a>, String> {
    let is = |resource: &Value| resource.pointer("/type").is_some_and(|found| found == kind);
    let holds = |(_, module): &Module| {
        let resources = module.pointer("/properties/template/resources");
        let listed = resources.and_then(Value::as_array).is_some_and(|list| list.iter().any(is));
        let named = resources.and_then(Value::as_object).is_some_and(|map| map.values().any(is));
        (listed || named) && module.to_string().contains(word)
    };
    modules(template).find(holds).ok_or_else(|| format!("no module has a {kind} with {word}"))
}

/// The host reads its package and keeps its state there when it starts.
fn waits(template: &Value) -> Judged {
    let (app, module) = module_with(template, "Microsoft.Web/sites", "functionAppConfig")?;
    let role = role_names::id_of("Storage Blob Data Owner").ok_or("the role has no id")?;
    let (storage, _) = module_with(template, "Microsoft.Authorization/roleAssignments", role)?;
    let waits_for = module.pointer("/dependsOn").and_then(Value::as_array);
    let waits = storage == app || waits_for.is_some_and(|names| names.iter().any(|name| name == storage));
    Ok(super::unless(waits, || format!("the module {app} does not wait for {storage}, which assigns the role")))
}

fn no_secure_types(template: &Value) -> Judged {
    let mut faults = vec![];
    for (name, module) in modules(template).chain([("main.bicep", template)]) {
        for part in ["/parameters", "/outputs", "/properties/template/parameters", "/properties/template/outputs"] {
            let values = module.pointer(part).and_then(Value::as_object).into_iter().flatten();
            let secure = values.filter(|(_, value)| {
                value.pointer("/type").is_some_and(|kind| kind.to_string().starts_with("\"secure"))
            });
            faults.extend(secure.map(|(value, _)| format!("{name}: {value} is secure")));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(waits_for: &Value) -> Value {
        let module = |resource: &Value| json!({"type": "Microsoft.Resources/deployments", "properties": {"template": {"resources": {"x": resource}}}});
        let role = "Microsoft.Authorization/roleAssignments";
        let mut storage =
            module(&json!({"type": role, "properties": {"roleDefinitionId": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"}}));
        storage["properties"]["template"]["outputs"] = json!({"uri": {"type": "string"}});
        let mut app = module(&json!({"type": "Microsoft.Web/sites", "properties": {"functionAppConfig": {}}}));
        app["dependsOn"] = waits_for.clone();
        json!({"resources": {"app": app, "storage": storage}})
    }

    #[test]
    fn the_app_waits_for_the_module_that_assigns_the_role() {
        assert!(waits(&template(&json!(["storage"]))).unwrap().is_empty());
        let fault = waits(&template(&json!(["group"]))).unwrap();
        assert_eq!(fault, ["the module app does not wait for storage, which assigns the role"]);
        assert!(waits(&json!({"resources": {}})).is_err());
    }

    #[test]
    fn a_secure_type_is_found_in_any_module() {
        let mut template = template(&json!([]));
        assert!(no_secure_types(&template).unwrap().is_empty());
        template["resources"]["storage"]["properties"]["template"]["outputs"]["uri"]["type"] = json!("securestring");
        assert_eq!(no_secure_types(&template).unwrap(), ["storage: uri is secure"]);
        template["outputs"] = json!({"KEY": {"type": "secureObject"}});
        assert_eq!(no_secure_types(&template).unwrap().len(), 2);
    }
}
