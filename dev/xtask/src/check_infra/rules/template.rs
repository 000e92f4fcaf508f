//! What only the compiled template shows: the order of things, and the types of inner outputs.

use serde_json::Value;

use super::{Judged, Rule, Rules, role_names};

pub(super) const RULES: Rules = &[
    ("app-waits-for-its-storage-role", Rule::Template(waits)),
    ("gateway-deployed-in-order", Rule::Template(gateway_in_order)),
    ("cosmos-deployed-in-order", Rule::Template(cosmos_in_order)),
    ("regions-are-listed", Rule::Template(regions)),
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
    let waits = storage == app || depends_on(module, storage);
    Ok(super::unless(waits, || format!("the module {app} does not wait for {storage}, which assigns the role")))
}

/// azd offers the listed regions only, so nobody chooses one without Flex Consumption or the v2 tiers.
fn regions(template: &Value) -> Judged {
    let location = template.pointer("/parameters/location").ok_or("main.bicep does not take location")?;
    let listed = location.pointer("/allowedValues").and_then(Value::as_array).is_some_and(|listed| !listed.is_empty());
    Ok(super::unless(listed, || "main.bicep takes any region".to_owned()))
}

/// API Management refuses a policy that uses an absent named value, a policy of an absent operation, and changes of one
/// API that meet.
fn gateway_in_order(template: &Value) -> Judged {
    let (name, api) = module_with(template, "Microsoft.ApiManagement/service/apis", "")?;
    let (_, diagnostics) = module_with(template, "Microsoft.ApiManagement/service/apis/diagnostics", "")?;
    let api_first = depends_on(diagnostics, name);
    let mut faults = super::unless(api_first, || format!("the diagnostics of the API do not wait for {name}"));
    let of = |kind: &str| format!("Microsoft.ApiManagement/service/{kind}");
    faults.extend(after(api, &of("apis/policies"), &of("namedValues"))?);
    faults.extend(after(api, &of("apis/operations"), &of("apis/policies"))?);
    faults.extend(after(api, &of("apis/operations/policies"), &of("apis/operations"))?);
    Ok(faults)
}

/// Cosmos DB refuses a second operation on an account while one is under way.
fn cosmos_in_order(template: &Value) -> Judged {
    let of = |kind: &str| format!("Microsoft.DocumentDB/databaseAccounts/{kind}");
    let (containers, role) = (of("sqlDatabases/containers"), of("sqlRoleAssignments"));
    let (_, module) = module_with(template, &containers, "")?;
    let mut faults = after(module, &role, &containers)?;
    faults.extend(after(module, "Microsoft.Resources/deployments", &role)?);
    for (name, all) in of_kind(module, &containers)? {
        let in_turn = all.pointer("/copy/batchSize").is_some_and(|size| size == 1);
        faults.extend(super::unless(in_turn, || format!("{name} are not made one after another")));
    }
    Ok(faults)
}

/// Which of the module's resources of a type do not wait for all of those of the other.
fn after(module: &Value, kind: &str, before: &str) -> Judged {
    let mut faults = vec![];
    for (name, resource) in of_kind(module, kind)? {
        let early = of_kind(module, before)?.into_iter().filter(|(other, _)| !depends_on(resource, other));
        faults.extend(early.map(|(other, _)| format!("{name} does not wait for {other}")));
    }
    Ok(faults)
}

/// The module's resources of a type, of which there must be one.
fn of_kind<'a>(module: &'a Value, kind: &str) -> Result<Vec<(&'a str, &'a Value)>, String> {
    let resources = module.pointer("/properties/template/resources").and_then(Value::as_object);
    let is = |(_, resource): &(&str, &Value)| resource.pointer("/type").is_some_and(|found| found == kind);
    let found: Vec<_> =
        resources.into_iter().flatten().map(|(name, resource)| (name.as_str(), resource)).filter(is).collect();
    if found.is_empty() { Err(format!("no {kind} has a symbolic name")) } else { Ok(found) }
}

fn depends_on(resource: &Value, name: &str) -> bool {
    let names = resource.pointer("/dependsOn").and_then(Value::as_array);
    names.is_some_and(|names| names.iter().any(|other| other == name))
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

    fn in_order() -> Value {
        let module = |waits_for: &[&str], resources: &Value| json!({"type": "Microsoft.Resources/deployments", "dependsOn": waits_for, "properties": {"template": {"resources": resources}}});
        let api = "Microsoft.ApiManagement/service/apis";
        let account = "Microsoft.DocumentDB/databaseAccounts";
        json!({"resources": {
            "api": module(&[], &json!({
                "api": {"type": api},
                "one": {"type": "Microsoft.ApiManagement/service/namedValues"},
                "policy": {"type": format!("{api}/policies"), "dependsOn": ["api", "one"]},
                "routes": {"type": format!("{api}/operations"), "dependsOn": ["policy"]},
                "limits": {"type": format!("{api}/operations/policies"), "dependsOn": ["routes"]},
            })),
            "diagnostics": module(&["api"], &json!([{"type": format!("{api}/diagnostics")}])),
            "cosmos": module(&[], &json!({
                "all": {"type": format!("{account}/sqlDatabases/containers"), "copy": {"batchSize": 1}},
                "role": {"type": format!("{account}/sqlRoleAssignments"), "dependsOn": ["all"]},
                "endpoint": {"type": "Microsoft.Resources/deployments", "dependsOn": ["role"]},
            })),
        }})
    }

    #[test]
    fn what_needs_another_waits_for_it() {
        let judge =
            |template: &Value| [gateway_in_order(template).unwrap(), cosmos_in_order(template).unwrap()].concat();
        assert_eq!(judge(&in_order()), [""; 0]);
        let resource = |module, name| format!("/resources/{module}/properties/template/resources/{name}/dependsOn");
        for (waits, fault) in [
            (resource("api", "policy"), "policy does not wait for one"),
            (resource("api", "routes"), "routes does not wait for policy"),
            (resource("api", "limits"), "limits does not wait for routes"),
            ("/resources/diagnostics/dependsOn".to_owned(), "the diagnostics of the API do not wait for api"),
            (resource("cosmos", "role"), "role does not wait for all"),
            (resource("cosmos", "endpoint"), "endpoint does not wait for role"),
        ] {
            let mut template = in_order();
            *template.pointer_mut(&waits).unwrap() = json!(["other"]);
            assert_eq!(judge(&template), [fault]);
        }
        let mut at_once = in_order();
        at_once["resources"]["cosmos"]["properties"]["template"]["resources"]["all"]["copy"]["batchSize"] = json!(5);
        assert_eq!(judge(&at_once), ["all are not made one after another"]);
        let mut without = in_order();
        without["resources"]["api"]["properties"]["template"]["resources"]["one"]["type"] = json!("another");
        assert!(gateway_in_order(&without).is_err());
    }

    #[test]
    fn regions_must_be_listed() {
        let judge = |location: Value| regions(&json!({"parameters": {"location": location}})).unwrap();
        assert_eq!(judge(json!({"allowedValues": ["westeurope"]})), [""; 0]);
        assert_eq!(judge(json!({"type": "string"})), ["main.bicep takes any region"]);
        assert!(regions(&json!({})).is_err());
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
