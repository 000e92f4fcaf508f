//! The endpoints of the authorization server, a use case a file.

pub mod authorize;
pub mod automatic_redirect;
pub mod callback;
pub mod confirmation;
pub mod connections;
pub mod consent;
pub mod consent_page;
pub mod denied;
pub mod issue;
pub mod redeem;
pub mod refresh;
pub mod register;
pub mod remembered;
pub mod revoke;
pub mod sign_in;
pub mod token_error;
