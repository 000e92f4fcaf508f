//! The pages people see.

use askama::Template;

use crate::users::User;

/// Every user is a button. Choosing one signs in and consents.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage<'a> {
    pub(crate) app: &'a str,
    pub(crate) tenant: &'a str,
    /// Of this page.
    pub(crate) id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) users: &'a [&'a User],
    pub(crate) scopes: Vec<&'a str>,
}

/// A refusal in Entra's words that cannot go back to the app.
#[derive(Template)]
#[template(path = "refusal.html")]
pub(crate) struct RefusalPage {
    pub(crate) description: String,
}
