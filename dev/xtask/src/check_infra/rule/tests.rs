//! Rules on small projects, and those about the compiled template, which is not in every checkout.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{super::files::Files, *};

/// The findings of a rule in a project, without its reason.
fn found(name: &str, project: &Project) -> Vec<String> {
    let rule = all().unwrap().iter().find(|rule| rule.name == name).unwrap();
    let Verdict::Judged(faults) = rule.judge(project) else { panic!("{name} is skipped") };
    faults.into_iter().skip(1).collect()
}

fn found_in_template(name: &str, template: &Value) -> Vec<String> {
    found(name, &Project::of(&Files::default(), Some(template.clone()), None))
}

/// The parameter set `vnet` with these resources and outputs.
fn snapshot(resources: &Value, outputs: &Value) -> Files {
    let mut files = Files::default();
    files.insert("infra/test/vnet.bicepparam", "");
    let snapshot = json!({"predictedResources": resources, "outputs": outputs});
    files.insert("infra/test/vnet.snapshot.json", snapshot.to_string());
    files
}

fn module(waits_for: &[&str], resources: &Value) -> Value {
    json!({
        "type": "Microsoft.Resources/deployments",
        "dependsOn": waits_for,
        "properties": {"template": {"resources": resources}},
    })
}

/// The findings of a rule with these parts in a deployment of one storage account, with its reason.
fn found_in_storage(parts: &str) -> Vec<String> {
    let storage = json!({"type": "Microsoft.Storage/storageAccounts", "name": "st", "properties": {"keys": true}});
    let project = Project::of(&snapshot(&json!([storage]), &json!({})), None, None);
    let rules = family(&format!("[{{rule: keys-off, why: Keys are secrets., {parts}}}]")).unwrap();
    let Verdict::Judged(faults) = rules[0].judge(&project) else { panic!("{parts} is skipped") };
    faults
}

#[test]
fn a_wrong_property_is_named_with_both_values_after_the_reason() {
    let row = |keys| format!("rows: [{{of: [Microsoft.Storage/storageAccounts], has: {{/properties/keys: {keys}}}}}]");
    let faults = ["Keys are secrets.", "vnet: st: properties.keys is true, not false"];
    assert_eq!(found_in_storage(&row(false)), faults);
    assert_eq!(found_in_storage(&row(true)), [""; 0]);
}

#[test]
fn a_rule_about_resources_that_are_not_there_does_not_pass() {
    assert_eq!(found_in_storage("rows: [{of: [Microsoft.A/b]}]")[1], "vnet: there are 0 Microsoft.A/b");
    let chosen = found_in_storage("rows: [{of: [Microsoft.Storage/storageAccounts], where: {/name: other}}]");
    assert_eq!(chosen[1], "vnet: there are 0 Microsoft.Storage/storageAccounts whose /name is \"other\"");
    assert_eq!(found_in_storage("rows: [{of: [host.json]}]")[1], "there are 0 host.json");
    let nothing = Project::of(&Files::default(), None, None);
    assert_eq!(found("storage-keys-off", &nothing), ["there is no deployment to judge"]);
}

#[test]
fn a_route_that_one_side_lacks_is_named() {
    let storage = "{of: Microsoft.Storage/storageAccounts, at: /name}";
    let faults = found_in_storage(&format!("sets: [{{left: [{{texts: [a]}}], is: same, right: [{storage}]}}]"));
    let place = "Microsoft.Storage/storageAccounts";
    let lacking = [
        format!("vnet: \"a\" is in the list of this rule, and not in {place}"),
        format!("vnet: \"st\" is in {place}, and not in the list of this rule"),
    ];
    assert_eq!(faults[1..], lacking);
    let within = format!("sets: [{{left: [{storage}], is: within, right: [{{texts: [a, st]}}]}}]");
    assert_eq!(found_in_storage(&within), [""; 0]);
}

#[test]
fn brackets_around_what_nothing_is_known_of_are_a_fault() {
    let of = |name: &str| found_in_storage(&format!("rows: [{{of: ['*'], has: {{/name: {name}}}}}]"));
    assert_eq!(of("<name Microsoft.Storage/storageAccounts>"), [""; 0]);
    assert_eq!(of("<name>")[1], "vnet: <name> stands for nothing");
    assert_eq!(of("<name Microsoft.A/b>")[1], "vnet: there are 0 resources of type Microsoft.A/b, not one");
}

#[test]
fn functions_that_list_are_found_by_name() {
    let found = |text: &str| {
        let mut files = snapshot(&json!([]), &json!({}));
        files.insert("infra/a.bicep", text);
        found("secrets-no-list-functions", &Project::of(&files, None, None)).len()
    };
    for call in ["account.listKeys().keys[0]", "[listKeys('/x', '1')]", "list('/x')", "a: listAccountSas(b)"] {
        assert_eq!(found(call), 1, "{call}");
    }
    for other in ["blacklist(x)", "listing(x)", "toLower(list)", "'a list (of keys)'", "// listKeys() is never called"]
    {
        assert_eq!(found(other), 0, "{other}");
    }
}

#[test]
fn an_upper_snake_name_has_words_of_capitals() {
    let found = |name: &str| {
        let outputs = json!({name: "/mcp"});
        found("outputs-upper-snake", &Project::of(&snapshot(&json!([]), &outputs), None, None)).len()
    };
    assert_eq!([found("MCP_ENDPOINT"), found("A_2")], [0, 0]);
    for other in ["Endpoint", "ENDPOINT", "MCP_endpoint", "MCP__X", "_A", "A_", "2_A", ""] {
        assert_eq!(found(other), 1, "{other}");
    }
}

/// The places at which a policy of the API breaks the rule.
fn misplaced(xml: &str) -> Vec<String> {
    let kind = "Microsoft.ApiManagement/service/apis/policies";
    let policy = json!({"type": kind, "name": "apim/mcp/policy", "properties": {"value": xml}});
    let mut files = snapshot(&json!([policy]), &json!({}));
    files.insert("infra/policies/api.xml", "<policies />");
    let faults = found("policies-elements-allowed", &Project::of(&files, None, None));
    faults.iter().filter_map(|fault| fault.split('"').nth(1)).map(str::to_owned).collect()
}

#[test]
fn policies_in_their_sections_pass() {
    let xml = "<policies><inbound><base /><choose><when condition=\"@(true)\"><set-header name=\"a\"><value>b</value></set-header>\
               </when></choose></inbound><backend><forward-request /></backend></policies>";
    assert_eq!(misplaced(xml), [""; 0]);
}

#[test]
fn a_misplaced_or_unknown_element_is_named_with_its_place() {
    let of = |inside: &str| misplaced(&format!("<policies><outbound>{inside}</outbound></policies>"));
    assert_eq!(of("<forward-request />"), ["policies/outbound/forward-request"]);
    assert_eq!(of("<set-headers />"), ["policies/outbound/set-headers"]);
    assert_eq!(of("<set-header><x /></set-header>"), ["policies/outbound/set-header/x"]);
    assert_eq!(of("<choose><when><cors /></when></choose>"), ["policies/outbound/choose/when/cors"]);
    assert_eq!(misplaced("<policies><inbounds /></policies>"), ["policies/inbounds"]);
    assert_eq!(misplaced("<policy />"), ["policy"]);
}

#[test]
fn a_guid_belongs_to_a_variable_of_its_name() {
    let found = |line: &str| {
        let mut files = Files::default();
        files.insert("infra/modules/a.bicep", line);
        found("roles-named", &Project::of(&files, None, None)).len()
    };
    assert_eq!(found("var keyVaultCryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424'"), 0);
    assert_eq!(found("var keyVaultReader = '12338af0-0e69-4776-bea7-57ae8d297424'"), 1);
    assert_eq!(found("roleDefinitionId: '12338af0-0e69-4776-bea7-57ae8d297424'"), 1);
    assert_eq!(found("var keyVaultCryptoUser = '00000000-1111-0000-0000-000000000000'"), 1);
}

#[test]
fn no_two_rules_have_one_name() {
    let names = all().unwrap().iter().map(|rule| rule.name.as_str());
    assert_eq!(names.clone().collect::<BTreeSet<_>>().len(), names.count());
}

#[test]
fn every_rule_gives_its_reason_in_sentences() {
    let short = all().unwrap().iter().filter(|rule| !rule.why.ends_with('.') || rule.why.len() < 20);
    assert_eq!(short.map(|rule| rule.name.as_str()).collect::<Vec<_>>(), [""; 0]);
}

/// A value is an object with one member in small letters only if that is an operator: one with a typing error would never fit.
#[test]
fn every_operator_is_known() {
    let rows = all().unwrap().iter().flat_map(|rule| &rule.rows);
    let unknown: Vec<String> = rows.flat_map(Row::unknown_operators).collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn the_app_waits_for_the_module_that_assigns_the_role() {
    let role =
        json!({"type": "Microsoft.Authorization/roleAssignments", "role": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"});
    let found = |waits_for: &[&str]| {
        let app = module(waits_for, &json!([{"type": "Microsoft.Web/sites"}]));
        let resources = json!({"app": app, "storage": module(&[], &json!({"owner": role}))});
        found_in_template("app-waits-for-its-storage-role", &json!({"resources": resources}))
    };
    assert_eq!(found(&["storage"]), [""; 0]);
    assert_eq!(found(&["group"]), ["app does not wait for storage"]);
}

fn in_order() -> Value {
    let api = "Microsoft.ApiManagement/service/apis";
    let account = "Microsoft.DocumentDB/databaseAccounts";
    json!({"resources": {
        "api": module(&[], &json!({
            "api": {"type": api},
            "one": {"type": "Microsoft.ApiManagement/service/namedValues"},
            "policy": {"type": format!("{api}/policies"), "dependsOn": ["api", "one"]},
            "routes": {"type": format!("{api}/operations"), "dependsOn": ["policy"]},
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
fn a_resource_waits_for_the_one_it_needs() {
    let judge = |template: &Value| {
        ["gateway", "cosmos"].map(|name| found_in_template(&format!("{name}-deployed-in-order"), template)).concat()
    };
    assert_eq!(judge(&in_order()), [""; 0]);
    let resource = |module, name| format!("/resources/{module}/properties/template/resources/{name}/dependsOn");
    for (waits, fault) in [
        (resource("api", "policy"), "policy does not wait for one"),
        (resource("api", "routes"), "routes does not wait for policy"),
        ("/resources/diagnostics/dependsOn".to_owned(), "diagnostics does not wait for api"),
        (resource("cosmos", "role"), "role does not wait for all"),
        (resource("cosmos", "endpoint"), "endpoint does not wait for role"),
    ] {
        let mut template = in_order();
        *template.pointer_mut(&waits).unwrap() = json!(["other"]);
        assert_eq!(judge(&template), [fault]);
    }
    let mut at_once = in_order();
    at_once["resources"]["cosmos"]["properties"]["template"]["resources"]["all"]["copy"]["batchSize"] = json!(5);
    assert!(judge(&at_once)[0].ends_with("copy.batchSize is 5, not 1"));
    let mut without = in_order();
    without["resources"]["api"]["properties"]["template"]["resources"]["one"]["type"] = json!("another");
    assert_eq!(judge(&without).len(), 1);
}

#[test]
fn regions_must_be_listed() {
    let found =
        |location: Value| found_in_template("regions-are-listed", &json!({"parameters": {"location": location}})).len();
    assert_eq!(found(json!({"allowedValues": ["westeurope"]})), 0);
    assert_eq!(found(json!({"type": "string"})), 1);
    assert_eq!(found(json!(null)), 1);
}

#[test]
fn a_secure_type_is_found_in_any_module() {
    let found = |main: &str, inner: &str| {
        let mut storage = module(&[], &json!({}));
        storage["properties"]["template"]["outputs"] = json!({"uri": {"type": inner}});
        let template = json!({"outputs": {"KEY": {"type": main}}, "resources": {"storage": storage}});
        found_in_template("secrets-no-secure-types", &template).len()
    };
    assert_eq!(
        [found("string", "string"), found("string", "securestring"), found("secureObject", "string")],
        [0, 1, 1]
    );
}
