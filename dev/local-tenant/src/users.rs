//! The people of the tenant.

use std::sync::LazyLock;

use serde::Serialize;

/// A test user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// As it is shown; may be written right to left.
    pub display_name: &'static str,
    /// The sign-in name, which is also the mail address.
    pub user_principal_name: &'static str,
    /// Object id in the directory.
    pub oid: &'static str,
    #[serde(skip)]
    pub(crate) given_name: &'static str,
    #[serde(skip)]
    pub(crate) surname: &'static str,
}

/// The directory. One name is Arabic, so that text direction and characters beyond Latin-1 are always tried.
static DIRECTORY: [User; 3] = [
    user_of("9636c702-eb0f-48c3-b24f-fef9f640dc84", "alice@contoso.example", "Alice Adams", ["Alice", "Adams"]),
    user_of("8a8b270e-99f2-46a3-b41b-31947a837472", "bob@contoso.example", "Bob Brown", ["Bob", "Brown"]),
    user_of("4e5f7a18-0816-4d60-a9ab-2a27e558b7a2", "layla@contoso.example", "ليلى حداد", ["ليلى", "حداد"]),
];

const fn user_of(
    oid: &'static str,
    user_principal_name: &'static str,
    display_name: &'static str,
    [given_name, surname]: [&'static str; 2],
) -> User {
    User { display_name, user_principal_name, oid, given_name, surname }
}

/// How many there are in [`crowd`].
const CROWD: usize = 400;

/// Four hundred more, for tests of many at once; the sign-in page does not list them.
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
