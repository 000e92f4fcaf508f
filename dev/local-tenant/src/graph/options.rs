//! `OData` query options of a collection: `$select`, `$top` and pages.
//! <https://learn.microsoft.com/graph/query-parameters>, <https://learn.microsoft.com/graph/paging>

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{Refused, not_implemented, refused};

/// The page size of calendar view and messages, unless `$top` says another.
const DEFAULT_TOP: usize = 10;
/// The largest `$top` of both.
const LARGEST_TOP: usize = 1000;
/// Members that Outlook sends whatever `$select` names.
const ALWAYS: [&str; 2] = ["@odata.etag", "id"];

/// The query of a request, each name once.
pub(super) struct Options {
    pairs: Vec<(String, String)>,
}

impl Options {
    /// Refuses whatever is not one of `known`.
    pub(super) fn parse(query: Option<&str>, known: &[&str]) -> Result<Self, Refused> {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        for (at, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(not_implemented(format!("Query option '{name}' is not implemented by the local tenant.")));
            }
            if pairs.iter().skip(at + 1).any(|(other, _)| other == name) {
                let message = format!(
                    "Query option '{name}' was specified more than once, but it must be specified at most once."
                );
                return Err(bad_request(message));
            }
        }
        Ok(Self { pairs })
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// `$top`, from 1 to 1000.
    pub(super) fn top(&self) -> Result<usize, Refused> {
        let Some(text) = self.get("$top") else { return Ok(DEFAULT_TOP) };
        match text.parse() {
            Ok(top) if (1..=LARGEST_TOP).contains(&top) => Ok(top),
            _ => Err(bad_request(format!("Invalid value '{text}' for $top query option found."))),
        }
    }

    /// The members that `$select` names, all of which must be among these; all of these without it.
    fn select<'a>(&'a self, members: &'a [&'a str]) -> Result<Vec<&'a str>, Refused> {
        let Some(text) = self.get("$select") else { return Ok(members.to_vec()) };
        let names: Vec<_> = text.split(',').map(str::trim).collect();
        match names.iter().find(|name| !members.contains(name)) {
            None => Ok(names),
            Some(name) => {
                Err(not_implemented(format!("The property '{name}' is not implemented by the local tenant.")))
            }
        }
    }

    /// One page of these items. Its link to the next has all options of this request, and `page` with the place.
    pub(super) fn page(&self, collection: &Collection, page: &str, start: usize) -> Result<Value, Refused> {
        let (top, select) = (self.top()?, self.select(collection.members)?);
        let chosen = |item: &Value| -> Value {
            let members = item.as_object().into_iter().flatten();
            let chosen = members.filter(|(name, _)| select.contains(&name.as_str()) || ALWAYS.contains(&name.as_str()));
            Value::Object(chosen.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
        };
        let value: Vec<_> = collection.items.iter().skip(start).take(top).map(chosen).collect();
        let context =
            format!("https://graph.microsoft.com/v1.0/$metadata#users('{}')/{}", collection.oid, collection.name);
        if start + top >= collection.items.len() {
            return Ok(json!({ "@odata.context": context, "value": value }));
        }
        let others = self.pairs.iter().filter(|(name, _)| name != page);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(others).append_pair(page, &(start + top).to_string());
        let link = format!("{}?{}", collection.url, query.finish());
        Ok(json!({ "@odata.context": context, "value": value, "@odata.nextLink": link }))
    }

    /// Where the page begins that this option of a link names.
    pub(super) fn start(&self, page: &str) -> Result<usize, Refused> {
        let start = self.get(page).map(str::parse).transpose();
        start
            .map(Option::unwrap_or_default)
            .map_err(|_| not_implemented(format!("This {page} is not one that the local tenant gave.")))
    }
}

/// The collection that is paged.
pub(super) struct Collection<'a> {
    /// The user's object id.
    pub(super) oid: &'a str,
    /// As in `@odata.context`.
    pub(super) name: &'a str,
    pub(super) url: String,
    /// Every member that an item can have.
    pub(super) members: &'a [&'a str],
    pub(super) items: Vec<Value>,
}

/// `OData`'s refusal of a request.
pub(super) fn bad_request(message: String) -> Refused {
    refused(StatusCode::BAD_REQUEST, "BadRequest", message)
}
