//! The people of the tenant.

use std::sync::LazyLock;

use serde::Serialize;

/// A test user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// As it is shown; may be written right to left.
    pub display_name: &'static str,
    /// What one signs in with, and the mail address.
    pub user_principal_name: &'static str,
    /// Object id in the directory.
    pub oid: &'static str,
    #[serde(skip)]
    pub(crate) given_name: &'static str,
    #[serde(skip)]
    pub(crate) surname: &'static str,
}

/// Everybody. One name is Arabic, so that text direction and characters beyond Latin-1 are always tried.
static DIRECTORY: [User; 3] = [
    User {
        display_name: "Alice Adams",
        user_principal_name: "alice@contoso.example",
        oid: "9636c702-eb0f-48c3-b24f-fef9f640dc84",
        given_name: "Alice",
        surname: "Adams",
    },
    User {
        display_name: "Bob Brown",
        user_principal_name: "bob@contoso.example",
        oid: "8a8b270e-99f2-46a3-b41b-31947a837472",
        given_name: "Bob",
        surname: "Brown",
    },
    User {
        display_name: "ليلى حداد",
        user_principal_name: "layla@contoso.example",
        oid: "4e5f7a18-0816-4d60-a9ab-2a27e558b7a2",
        given_name: "ليلى",
        surname: "حداد",
    },
];

/// How many there are in [`crowd`].
const CROWD: usize = 200;

/// Two hundred more, for tests of many at once; the sign-in page does not list them.
#[must_use]
pub fn crowd() -> &'static [User] {
    static PEOPLE: LazyLock<Vec<User>> = LazyLock::new(|| (1..=CROWD).map(one_of_many).collect());
    &PEOPLE
}

fn one_of_many(number: usize) -> User {
    User {
        display_name: format!("User {number}").leak(),
        user_principal_name: format!("user{number}@contoso.example").leak(),
        oid: format!("00000000-0000-4000-8000-{number:012}").leak(),
        given_name: "User",
        surname: number.to_string().leak(),
    }
}

/// All users.
pub(crate) fn all() -> &'static [User] {
    &DIRECTORY
}

fn everybody() -> impl Iterator<Item = &'static User> {
    DIRECTORY.iter().chain(crowd())
}

/// By object id.
pub(crate) fn by_oid(oid: &str) -> Option<&'static User> {
    everybody().find(|user| user.oid == oid)
}

/// By user principal name, in any letter case as Entra does.
#[must_use]
pub fn user(name: &str) -> Option<&'static User> {
    everybody().find(|user| user.user_principal_name.eq_ignore_ascii_case(name))
}
