//! The files of the checkout as JSON, so that a rule selects from each of them in the same way.

use serde_json::{Map, Value, json};

use super::policy;

/// By the end of its name; null for a file of another kind.
pub(super) fn parse(path: &str, text: &str) -> Result<Value, String> {
    let document = match path.rsplit('.').next() {
        Some("json") => serde_json::from_str(text).map_err(|error| error.to_string()),
        Some("yaml") => yaml_serde::from_str(text).map_err(|error| error.to_string()),
        Some("xml") => Ok(json!({"policy": policy::parse(text)})),
        Some("bicep" | "bicepparam") => Ok(bicep(text)),
        Some("md") => Ok(tables(text)),
        _ => Ok(Value::Null),
    };
    document.map_err(|error| format!("{path}: {error}"))
}

/// `code` without line comments, and `declarations`: the kind and name of each, and whether a description of its own stands
/// above it.
fn bicep(text: &str) -> Value {
    let (mut declarations, mut described) = (vec![], false);
    for line in text.lines() {
        let mut words = line.split(' ');
        match words.next() {
            Some(kind @ ("param" | "output" | "type")) => {
                declarations.push(json!({"kind": kind, "name": words.next(), "described": described}));
                described = false;
            }
            _ => described = line.starts_with("@description(") || described && !line.trim().is_empty(),
        }
    }
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    json!({"code": code.join("\n"), "declarations": declarations})
}

/// The first column of the tables of a Markdown text, by the heading above them.
fn tables(text: &str) -> Value {
    let (mut sections, mut heading) = (Map::new(), "");
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            heading = title;
        }
        let cell = line.strip_prefix('|').and_then(|row| row.split('|').next());
        let section = sections.entry(heading).or_insert_with(|| json!([]));
        if let Some(cells) = section.as_array_mut() {
            cells.extend(cell.map(Value::from));
        }
    }
    Value::Object(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_the_next_declarations_own() {
        let text = "@description('A.')\n@minLength(1)\nparam a string\n\nparam b string\n@description('C.')\n\noutput c string = a\n";
        let described = |index: usize| bicep(text)["declarations"][index]["described"].clone();
        assert_eq!([described(0), described(1), described(2)], [true, false, false]);
    }

    #[test]
    fn a_comment_is_no_code() {
        assert_eq!(bicep("  // listKeys()\nvar a = 'b//c'")["code"], "var a = 'b//c'");
    }

    #[test]
    fn the_first_column_of_a_table_belongs_to_its_section() {
        let guide = "\n## Before\n\n| `A` |\n\n## Settings\n\n| name | what |\n|---|---|\n| `B`, `C` | `D` |\n\n## After\n\n| `E` |\n";
        assert_eq!(tables(guide)["Settings"], json!([" name ", "---", " `B`, `C` "]));
    }
}
