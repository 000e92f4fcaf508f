//! The one table of scopes: what a client asks for, what its API calls it, and what the consent page says.

use oauth_protocol::scope::Scope;

use super::api::{Api, ApiScopes};

/// One scope of this server. Other crates can name the rows below, but cannot make one.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permission {
    /// The scope, as clients write it.
    pub name: &'static str,
    /// The API that it belongs to.
    pub api: Api,
    /// The delegated permission, as the API calls it.
    pub downstream: &'static str,
    /// Its id among the API's delegated permissions. Graph's are the same in every tenant and cloud
    /// (<https://learn.microsoft.com/graph/permissions-reference>).
    pub id: &'static str,
    /// The sentence for people that says what it allows. It names an API other than Graph.
    pub sentence: &'static str,
}

/// Sign-in and the user's own profile.
pub static USER_READ: Permission = Permission {
    name: "user.read",
    api: Api::Graph,
    downstream: "User.Read",
    id: "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
    sentence: "Sign you in and read your profile: name, e-mail address, job title, phone numbers and office.",
};

/// The user's calendar.
pub static CALENDARS_READ: Permission = Permission {
    name: "calendars.read",
    api: Api::Graph,
    downstream: "Calendars.Read",
    id: "465a38f9-76ea-45b9-9f34-9e8b0d4b0b42",
    sentence: "Read your calendar: what, when, where, with whom, and the links of online meetings.",
};

/// The user's mail.
pub static MAIL_READ: Permission = Permission {
    name: "mail.read",
    api: Api::Graph,
    downstream: "Mail.Read",
    id: "570282fd-fa5c-430d-a7fd-fc8dc98a9dca",
    sentence: "Search and read your e-mail.",
};

/// Every scope. A further permission is one more row.
pub static PERMISSIONS: &[&Permission] = &[&USER_READ, &CALENDARS_READ, &MAIL_READ];

/// The rows of the table. In a test there may be one more.
fn rows() -> impl Iterator<Item = &'static Permission> {
    let rows = PERMISSIONS.iter().copied();
    #[cfg(feature = "second-api")]
    let rows = rows.chain(second_api::added());
    rows
}

/// A second API, for tests: Contoso's orders, as the local tenant has them. No build that is shipped has this feature.
#[cfg(feature = "second-api")]
pub mod second_api {
    use std::cell::Cell;

    use super::{Api, Permission};
    use crate::state::api::RegisteredApi;

    /// The API.
    pub static ORDERS: RegisteredApi = RegisteredApi {
        name: "Contoso Orders",
        application_id_uri: "api://contoso.example/orders",
        client_id: "5d8b3a0e-6a1f-4c39-8e0b-2f7c94d1a6e5",
        origin: "https://orders.contoso.example",
    };

    /// Its scope.
    pub static ORDERS_READ: Permission = Permission {
        name: "orders.read",
        api: Api::Registered(&ORDERS),
        downstream: "Orders.Read",
        id: "c1a4c0c2-2b0e-4f0c-9d3f-7a5e0b6d8f41",
        sentence: "Read your orders in Contoso Orders.",
    };

    thread_local! {
        static IS_ADDED: Cell<bool> = const { Cell::new(false) };
    }

    /// [`ORDERS_READ`] is a row of the table until this is dropped.
    #[must_use]
    pub struct Added(());

    impl Drop for Added {
        fn drop(&mut self) {
            IS_ADDED.set(false);
        }
    }

    /// Makes [`ORDERS_READ`] a row of the table on this thread. Other tests of the process have the table as it is shipped.
    pub fn add() -> Added {
        IS_ADDED.set(true);
        Added(())
    }

    pub(super) fn added() -> Option<&'static Permission> {
        IS_ADDED.get().then_some(&ORDERS_READ)
    }
}

/// The first of the table: the scope of a first sign-in, unless the operator wants more.
#[must_use]
pub fn first() -> Scope {
    Scope::parse(USER_READ.name).unwrap_or_default()
}

/// The scope that is granted at the authorization endpoint and at registration: the default if no scope was asked for, else the
/// scopes of the table that were, and the first of the table if there is none of them. Unknown scopes are ignored,
/// `offline_access` among them, and the answer names the granted scope (RFC 6749 §3.3).
#[must_use]
pub fn granted(asked: Option<&Scope>, default: &Scope) -> Scope {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return default.clone() };
    Some(known(asked)).filter(|known| !known.is_empty()).unwrap_or_else(first)
}

/// The scope of a list in which every scope must be one of the table, and one at least.
pub fn all_known(list: &str) -> Result<Scope, UnknownScope> {
    let names: Vec<_> = list.split([',', ' ']).filter(|name| !name.is_empty()).collect();
    let unknown = names.iter().find(|name| !rows().any(|permission| permission.name == **name));
    if let Some(unknown) = unknown {
        return Err(UnknownScope((*unknown).to_owned()));
    }
    let scope = Scope::parse(&names.join(" ")).unwrap_or_default();
    if scope.is_empty() { Err(UnknownScope(String::new())) } else { Ok(scope) }
}

/// A scope that is not in the table.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("names the scope “{0}”, which this server does not have")]
pub struct UnknownScope(String);

/// The scope that a caller with this scope needs for these permissions: both. `None` if its scope is enough.
#[must_use]
pub fn needed(has: &Scope, permissions: &[&Permission]) -> Option<Scope> {
    if permissions.iter().all(|permission| has.contains(permission.name)) {
        return None;
    }
    let names = permissions.iter().map(|permission| permission.name).collect::<Vec<_>>().join(" ");
    Some(has.union(&Scope::parse(&names).unwrap_or_default()))
}

/// The scope of a refresh (RFC 6749 §6): the known scopes that were asked for, and all that was granted if there is none of
/// them; `None` if a known scope was not granted.
#[must_use]
pub fn refreshed(asked: Option<&Scope>, granted: &Scope) -> Option<Scope> {
    match asked.map(known).filter(|known| !known.is_empty()) {
        None => Some(granted.clone()),
        Some(known) => known.is_subset(granted).then_some(known),
    }
}

fn known(asked: &Scope) -> Scope {
    asked.filtered(|token| rows().any(|permission| permission.name == token))
}

/// The rows that a granted scope names.
pub fn permissions(scope: &Scope) -> impl Iterator<Item = &'static Permission> + '_ {
    rows().filter(|permission| scope.contains(permission.name))
}

/// The permissions behind a granted scope, by API.
#[must_use]
pub fn downstream(scope: &Scope) -> Vec<ApiScopes> {
    by_api(&permissions(scope).collect::<Vec<_>>())
}

/// The permissions, grouped by API.
#[must_use]
pub fn by_api(permissions: &[&Permission]) -> Vec<ApiScopes> {
    let mut apis: Vec<ApiScopes> = Vec::new();
    for api in permissions.iter().map(|permission| permission.api) {
        if !apis.iter().any(|scopes| scopes.api == api) {
            apis.push(of_api(api, permissions));
        }
    }
    apis
}

/// The permissions that belong to this API.
#[must_use]
pub fn of_api(api: Api, permissions: &[&Permission]) -> ApiScopes {
    let of_api = permissions.iter().filter(|permission| permission.api == api);
    ApiScopes { api, names: of_api.map(|permission| permission.downstream).collect() }
}

/// The scope by which clients name these scopes of an API.
#[must_use]
pub fn scope_of(scopes: &ApiScopes) -> Scope {
    let rows = rows().filter(|row| row.api == scopes.api && scopes.names.contains(&row.downstream));
    Scope::parse(&rows.map(|row| row.name).collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, hash::Hash};

    use super::*;
    use crate::state::api::RegisteredApi;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn an_absent_scope_is_the_default() {
        let default = scope("user.read mail.read");
        assert_eq!((granted(None, &default), granted(Some(&scope(" ")), &default)), (default.clone(), default));
        assert_eq!((PERMISSIONS.first().unwrap().name, first()), ("user.read", scope("user.read")));
    }

    #[test]
    fn the_scopes_of_an_api_are_named_as_clients_name_them() {
        let of = |names: [&'static str; 2]| scope_of(&ApiScopes { api: Api::Graph, names: names.to_vec() });
        assert_eq!((of(["Mail.Read", "User.Read"]), of(["Mail.Send", ""])), (scope("user.read mail.read"), scope("")));
    }

    #[test]
    fn a_call_needs_what_its_caller_has_and_what_the_tool_needs() {
        assert_eq!(needed(&scope("user.read"), &[&MAIL_READ]), Some(scope("user.read mail.read")));
        assert_eq!(needed(&scope("mail.read"), &[&MAIL_READ, &USER_READ]), Some(scope("mail.read user.read")));
        assert_eq!(needed(&scope("user.read mail.read"), &[&MAIL_READ]), None);
    }

    #[test]
    fn a_list_of_scopes_has_only_known_ones() {
        assert_eq!(all_known("user.read, mail.read"), Ok(scope("user.read mail.read")));
        assert_eq!(all_known("user.read mail.send"), Err(UnknownScope("mail.send".into())));
        assert!(all_known(" , ").is_err());
    }

    #[test]
    fn unknown_scopes_are_ignored() {
        for asked in ["offline_access user.read mail.send", "openid email offline_access", "mail.send", "User.Read"] {
            assert_eq!(granted(Some(&scope(asked)), &scope("mail.read")), scope("user.read"), "{asked}");
        }
    }

    #[test]
    fn a_refresh_without_a_known_scope_is_one_for_all_that_was_granted() {
        let all = scope("user.read more");
        for asked in [None, Some(" "), Some("offline_access mail.send")] {
            assert_eq!(refreshed(asked.map(scope).as_ref(), &all), Some(all.clone()), "{asked:?}");
        }
        assert_eq!(refreshed(Some(&scope("user.read mail.send")), &all), Some(scope("user.read")));
    }

    #[test]
    fn a_known_scope_that_was_not_granted_is_refused_at_a_refresh() {
        assert_eq!(refreshed(Some(&scope("user.read mail.send")), &scope("other")), None);
    }

    #[test]
    fn every_row_differs_from_every_other_in_all_that_names_it() {
        fn distinct<T: Eq + Hash>(column: impl Fn(&Permission) -> T) -> bool {
            let values: HashSet<_> = PERMISSIONS.iter().map(|row| column(row)).collect();
            values.len() == PERMISSIONS.len()
        }
        assert!(distinct(|row| row.name) && distinct(|row| row.sentence));
        assert!(distinct(|row| (row.api, row.downstream)) && distinct(|row| (row.api, row.id)));
    }

    #[test]
    fn a_row_says_which_api_it_is_of() {
        for row in PERMISSIONS {
            assert!(row.sentence.ends_with('.'), "{row:?}");
            match row.api {
                Api::Graph => assert_eq!(row.name, row.downstream.to_lowercase()),
                Api::Registered(api) => assert!(row.sentence.contains(api.name), "{row:?}"),
            }
        }
    }

    #[test]
    fn the_permissions_behind_a_scope_are_told_by_api() {
        static ORDERS: RegisteredApi = RegisteredApi {
            name: "Orders",
            application_id_uri: "api://o",
            client_id: "o",
            origin: "https://o.example",
        };
        let orders = Api::Registered(&ORDERS);
        let row = |api, downstream| Permission { name: "", api, downstream, id: "", sentence: "" };
        let (orders_read, orders_write) = (row(orders, "Orders.Read"), row(orders, "Orders.Write"));
        let rows = [&orders_read, &USER_READ, &orders_write, &MAIL_READ];
        let of = |api, names: &[&'static str]| ApiScopes { api, names: names.to_vec() };
        let graph = of(Api::Graph, &["User.Read", "Mail.Read"]);
        assert_eq!(by_api(&rows), [of(orders, &["Orders.Read", "Orders.Write"]), graph.clone()]);
        assert_eq!(of_api(Api::Graph, &rows), graph);
        assert_eq!(downstream(&scope("mail.read user.read")), [graph]);
        assert_eq!(downstream(&scope("other")), []);
    }

    #[test]
    fn the_scopes_that_were_asked_for_are_granted_and_no_others() {
        let granted = |asked| granted(Some(&scope(asked)), &scope("user.read"));
        assert_eq!(granted("mail.read user.read openid"), scope("mail.read user.read"));
        assert_eq!(granted("calendars.read"), scope("calendars.read"));
    }
}
