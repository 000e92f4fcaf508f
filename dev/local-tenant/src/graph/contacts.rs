//! `GET /v1.0/me/contacts`: the others in the directory.
//! <https://learn.microsoft.com/graph/api/user-list-contacts>, <https://learn.microsoft.com/graph/api/resources/contact>

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::{
    Needed, Refused,
    options::{Collection, Options},
    respond, signed_in_user,
};
use crate::{sts::Sts, users, users::User};

const CONTACTS_READ: Needed = Needed::of_outlook("Contacts.Read");
const OPTIONS: [&str; 3] = ["$select", "$top", "$skip"];
const MEMBERS: [&str; 3] = ["id", "displayName", "emailAddresses"];

/// `GET /v1.0/me/contacts`.
pub(crate) async fn get(State(sts): State<Arc<Sts>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let user = signed_in_user(&sts, &headers, &CONTACTS_READ);
    respond(&sts, &headers, user.and_then(|user| list(&sts, user, query.as_deref())))
}

fn list(sts: &Sts, user: &User, query: Option<&str>) -> Result<Value, Refused> {
    let options = Options::parse(query, &OPTIONS)?;
    let collection = Collection {
        oid: user.oid,
        name: "contacts",
        url: format!("{}/v1.0/me/contacts", sts.base_url),
        members: &MEMBERS,
        items: users::all().iter().filter(|other| other.oid != user.oid).map(contact).collect(),
    };
    options.page(&collection, "$skip", options.start("$skip")?)
}

fn contact(person: &User) -> Value {
    json!({
        "@odata.etag": format!("W/\"{}\"", person.oid),
        "id": person.oid,
        "displayName": person.display_name,
        "emailAddresses": [{ "name": person.display_name, "address": person.user_principal_name }],
    })
}
