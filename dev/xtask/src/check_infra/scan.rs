//! What the product's source says, read as text: this program must not be built after the product.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;

/// The settings that the handler reads: every literal of src/config that is written like one.
pub(super) fn settings(files: &Files) -> BTreeSet<String> {
    let sources = files.under("src/config/", ".rs").filter(|(path, _)| !path.ends_with("tests.rs"));
    sources.flat_map(|(_, text)| literals(text)).filter(|literal| is_upper_snake(literal)).collect()
}

/// Words of capitals and digits, at least two, joined by underscores.
pub(super) fn is_upper_snake(name: &str) -> bool {
    let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.contains('_')
        && name.split('_').all(|word| !word.is_empty() && is_word(word))
}

/// The routes of the table ENDPOINTS, in the words of function.json.
pub(super) fn endpoints(files: &Files) -> Result<BTreeSet<String>, String> {
    let text = files.required("src/http/routes.rs")?;
    let (_, table) = text.split_once("static ENDPOINTS").ok_or("src/http/routes.rs has no table ENDPOINTS")?;
    let table = table.split("\n];").next().unwrap_or(table);
    let argument = |line: &'_ str| {
        let call = ["    public(", "    protected("].into_iter().find_map(|start| line.strip_prefix(start));
        call.and_then(|call| call.split(',').next()).map(str::to_owned)
    };
    let routes: Result<BTreeSet<String>, String> =
        table.lines().filter_map(argument).map(|argument| route(files, &argument)).collect();
    routes.and_then(|routes| if routes.is_empty() { Err("ENDPOINTS is empty".to_owned()) } else { Ok(routes) })
}

/// The methods that the router knows.
pub(super) fn methods(files: &Files) -> Result<BTreeSet<String>, String> {
    let text = files.required("src/http/routes.rs")?;
    let word = |rest: &str| rest.split(|other: char| !other.is_ascii_uppercase()).next().unwrap_or_default().to_owned();
    Ok(text.split("Method::").skip(1).map(word).filter(|method| !method.is_empty()).collect())
}

/// A literal, or the name of a constant in a module beside.
fn route(files: &Files, argument: &str) -> Result<String, String> {
    if let [literal] = literals(argument).as_slice() {
        return Ok(literal.clone());
    }
    let unknown = || format!("the route {argument} in src/http/routes.rs is no text");
    let (module, constant) = argument.trim().split_once("::").ok_or_else(unknown)?;
    let path = format!("src/http/{module}.rs");
    let (_, value) = files.text(&path).split_once(&format!("const {constant}: &str =")).ok_or_else(unknown)?;
    literals(value).first().cloned().ok_or_else(unknown)
}

/// Paths below the metadata route, one for each protected resource; the first is empty.
pub(super) fn resources(files: &Files) -> Result<Vec<String>, String> {
    let text = files.required("src/http/metadata.rs")?;
    let body = text.split_once("fn path(self)").and_then(|(_, rest)| rest.split_once("\n    }"));
    let found = body.map_or_else(Vec::new, |(body, _)| literals(body));
    if found.is_empty() { Err("src/http/metadata.rs has no resource with a path".to_owned()) } else { Ok(found) }
}

/// The GUIDs in a text.
pub(super) fn guids(text: &str) -> impl Iterator<Item = &str> {
    text.split(|other: char| !other.is_ascii_hexdigit() && other != '-').filter(|word| is_guid(word))
}

fn is_guid(word: &str) -> bool {
    word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// The containers of `Records`: their names, and the paths of their partition keys.
pub(super) fn containers(files: &Files) -> Result<BTreeMap<String, String>, String> {
    let text = files.required("src/ports/records.rs")?;
    let (names, keys) = (arms(text, "fn name("), arms(text, "fn partition_key("));
    if names.is_empty() {
        return Err("src/ports/records.rs names no container".to_owned());
    }
    let with_key = |(variant, name): (String, String)| {
        let key =
            keys.get(&variant).ok_or_else(|| format!("{variant} has no partition key in src/ports/records.rs"))?;
        Ok((name, format!("/{key}")))
    };
    names.into_iter().map(with_key).collect()
}

/// `Self::A | Self::B => "x",` of the function that begins so: x by A and by B.
fn arms(text: &str, function: &str) -> BTreeMap<String, String> {
    let body = text.split_once(function).map_or("", |(_, rest)| rest.split("\n    }\n").next().unwrap_or(rest));
    let mut arms = BTreeMap::new();
    for line in body.lines() {
        let Some((pattern, value)) = line.split_once("=>") else { continue };
        if let Some(value) = literals(value).first() {
            let variants = pattern.split('|').filter_map(|variant| variant.trim().strip_prefix("Self::"));
            arms.extend(variants.map(|variant| (variant.to_owned(), value.clone())));
        }
    }
    arms
}

/// The text literals of Rust source up to its tests, without those in comments.
fn literals(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap_or(text);
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let code = code.replace("'\"'", "").replace("\\\"", "");
    code.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(path: &str, text: &str) -> Files {
        let mut files = Files::default();
        files.insert(path, text);
        files
    }

    #[test]
    fn settings_are_found_in_code_and_not_in_comments_or_tests() {
        let source = r#"
            //! Not "A_COMMENT".
            let base = self.required("PUBLIC_BASE_URL")?;
            self.faults.add("EVENT_POLL_MS", "is not a \"NUMBER\" of milliseconds");
            for name in ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"] {}
            #[cfg(test)]
            const IN_TESTS: &str = "IN_TESTS";"#;
        let mut files = files("src/config/settings.rs", source);
        files.insert("src/config/tests.rs", r#""ALSO_A_TEST""#);
        let expected = ["EVENT_POLL_MS", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "PUBLIC_BASE_URL"];
        assert_eq!(settings(&files).into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_upper_snake_name_has_words_of_capitals() {
        assert!(is_upper_snake("MCP_ENDPOINT") && is_upper_snake("A_2"));
        for other in ["Endpoint", "ENDPOINT", "MCP_endpoint", "MCP__X", "_A", "A_", "2_A", ""] {
            assert!(!is_upper_snake(other), "{other}");
        }
    }

    #[test]
    fn routes_are_literals_or_constants() {
        let table = "static ENDPOINTS: &[Endpoint] = &[\n    public(metadata::SERVER, GET, x),\n    protected(\"mcp\", POST, \
                     y)\n        .taking(Z),\n];\nconst fn public(route: x)";
        let mut files = files("src/http/routes.rs", table);
        assert!(endpoints(&files).unwrap_err().contains("metadata::SERVER"));
        files.insert("src/http/metadata.rs", "pub(super) const SERVER: &str = \".well-known/x\";");
        assert_eq!(endpoints(&files).unwrap().into_iter().collect::<Vec<_>>(), [".well-known/x", "mcp"]);
        files.insert("src/http/routes.rs", "");
        assert!(endpoints(&files).is_err());
    }

    #[test]
    fn methods_are_found_in_the_router() {
        let source = "const GET_POST: &[Method] = &[Method::GET, Method::POST];\nuse http::{Method, StatusCode};";
        let found = methods(&files("src/http/routes.rs", source)).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["GET", "POST"]);
    }

    #[test]
    fn the_paths_of_resources_are_read_from_their_type() {
        let source = "    fn path(self) -> &'static str {\n match self {\n Self::Server => \"\", Self::Mcp => \"/mcp\",\n \
                      Self::McpSse => \"/mcp/sse\",\n        }\n    }\nconst OTHER: &str = \"x\";";
        assert_eq!(resources(&files("src/http/metadata.rs", source)).unwrap(), ["", "/mcp", "/mcp/sse"]);
        assert!(resources(&files("src/http/metadata.rs", "")).is_err());
    }

    #[test]
    fn a_guid_is_found_in_its_quotes() {
        let line = "var a = '12338af0-0e69-4776-bea7-57ae8d297424' // not 1-2";
        assert_eq!(guids(line).collect::<Vec<_>>(), ["12338af0-0e69-4776-bea7-57ae8d297424"]);
    }

    #[test]
    fn containers_have_a_name_and_a_partition_key() {
        let source = "
    pub fn name(self) -> &'static str {
        match self {
            Self::Clients => \"clients\",
            Self::Owners => \"owners\",
        }
    }
    pub fn partition_key(self) -> &'static str {
        match self {
            Self::Clients | Self::Keyring => \"id\",
            Self::Owners => \"owner\",
        }
    }
";
        let found = containers(&files("src/ports/records.rs", source)).unwrap();
        let expected = [("clients".to_owned(), "/id".to_owned()), ("owners".to_owned(), "/owner".to_owned())];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
        let without = source.replace("Self::Owners => \"owner\"", "");
        assert!(containers(&files("src/ports/records.rs", &without)).unwrap_err().contains("Owners"));
    }
}
