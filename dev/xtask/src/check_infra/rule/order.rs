//! The order in which resources wait for each other, which only the compiled template shows.

use serde::Deserialize;
use serde_json::Value;

use super::select::{select, text};

/// Each resource of one type waits for each of another: itself, or the module that it is in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    of: String,
    after: String,
    /// Only those of the other whose module has this text.
    #[serde(default)]
    with: String,
}

/// A resource in a module, by their symbolic names.
#[derive(Clone, Copy)]
struct Member<'a> {
    module: (&'a str, &'a Value),
    resource: (&'a str, &'a Value),
}

impl Order {
    /// Where a module has resources of both types, only its own are compared.
    pub(super) fn judge(&self, template: &Value) -> Result<Vec<String>, String> {
        let members = members(template);
        let late: Vec<_> = members.iter().filter(|member| member.is(&self.of, "")).collect();
        let early: Vec<_> = members.iter().filter(|member| member.is(&self.after, &self.with)).collect();
        if late.is_empty() || early.is_empty() {
            return Err(format!("no module has a {} or a {} {}", self.of, self.after, self.with));
        }
        let pairs: Vec<_> = late.iter().flat_map(|late| early.iter().map(move |early| (late, early))).collect();
        let in_one_module = |(late, early): &(&&Member, &&Member)| late.module.0 == early.module.0;
        let any_in_one = pairs.iter().any(in_one_module);
        let names = |(late, early): (&&Member, &&Member)| {
            let (later, earlier) =
                if any_in_one { (late.resource, early.resource) } else { (late.module, early.module) };
            let waits = select(later.1, "/dependsOn/*").iter().any(|name| text(name) == earlier.0);
            (!waits).then(|| format!("{} does not wait for {}", later.0, earlier.0))
        };
        Ok(pairs.into_iter().filter(|pair| !any_in_one || in_one_module(pair)).filter_map(names).collect())
    }
}

impl Member<'_> {
    fn is(&self, kind: &str, with: &str) -> bool {
        self.resource.1.pointer("/type").is_some_and(|found| found == kind) && self.module.1.to_string().contains(with)
    }
}

/// Every resource of every module. One without a symbolic name has the empty one.
fn members(template: &Value) -> Vec<Member<'_>> {
    let modules = named(template.pointer("/resources")).into_iter();
    modules
        .flat_map(|module| {
            let resources = named(module.1.pointer("/properties/template/resources")).into_iter();
            resources.map(move |resource| Member { module, resource })
        })
        .collect()
}

fn named(resources: Option<&Value>) -> Vec<(&str, &Value)> {
    match resources {
        Some(Value::Object(members)) => members.iter().map(|(name, resource)| (name.as_str(), resource)).collect(),
        Some(Value::Array(items)) => items.iter().map(|resource| ("", resource)).collect(),
        _ => vec![],
    }
}
