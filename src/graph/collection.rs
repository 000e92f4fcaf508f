//! A page of a collection, as `OData` sends it.

use serde::Deserialize;

/// An answer with a part of a collection (`OData` JSON Format 4.01, sections 4.6.5 and 12).
#[derive(Deserialize)]
pub struct Collection<T> {
    /// The members of this page.
    pub value: Vec<T>,
    /// The URL of the next page; absent on the last one.
    #[serde(rename = "@odata.nextLink")]
    pub next_link: Option<String>,
}
