//! A role is a row of the table, which the app registration declares, and a user holds what a token named.

use authorization_server::state::roles::{ADMIN, AppRole, Roles};

static OWN: AppRole = AppRole { value: "Own", description: "A role that Entra does not know." };

fn misuse(roles: &mut Roles) {
    roles.held.push(&ADMIN);
}

fn main() {}
