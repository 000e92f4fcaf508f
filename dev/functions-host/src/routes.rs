//! Route templates of functions: literal segments, and `{*name}` at the end for any rest of the path.

use std::str::FromStr;

/// One route template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template {
    segments: Vec<String>,
    catch_all: bool,
}

/// The routes of a function app. All of them lead to the same handler, so that only whether one matches is of interest.
#[derive(Debug, Default)]
pub(crate) struct Routes(Vec<Template>);

impl Routes {
    pub(crate) fn add(&mut self, template: Template) -> Result<(), String> {
        if self.0.contains(&template) {
            return Err("another function has this route".to_owned());
        }
        self.0.push(template);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `path` (decoded, with its leading slash) belongs to a function.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let rest = path.strip_prefix('/').unwrap_or(path);
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        self.0.iter().any(|template| template.matches(rest))
    }
}

impl Template {
    /// Letter case does not matter; an empty segment matches nothing but a catch-all.
    fn matches(&self, path: &str) -> bool {
        let mut given = path.split('/').map(str::to_ascii_lowercase);
        let literal = self.segments.iter().all(|segment| given.next().as_ref() == Some(segment));
        literal && (self.catch_all || given.next().is_none())
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(route: &str) -> Result<Self, String> {
        let mut segments: Vec<String> = route.split('/').map(str::to_ascii_lowercase).collect();
        let catch_all = segments.pop_if(|last| is_catch_all(last)).is_some();
        if let Some(segment) = segments.iter().find(|segment| !is_literal(segment)) {
            return Err(format!("route {route:?}: segment {segment:?} is not implemented"));
        }
        match segments.first().map(String::as_str) {
            None => Err("a route that is only a catch-all is not implemented".to_owned()),
            Some(reserved @ ("admin" | "runtime")) => Err(format!("a route may not begin with {reserved}")),
            Some(_) => Ok(Self { segments, catch_all }),
        }
    }
}

fn is_catch_all(segment: &str) -> bool {
    let name = segment.strip_prefix("{*").and_then(|rest| rest.strip_suffix('}'));
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn is_literal(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}
