//! The endpoints of the authorization server, a use case a file.
//!
//! Each takes a parsed request and, where a browser asks, what that browser sent ([`visitor`]); it answers with finished
//! values ([`answer`]).

pub mod answer;
pub mod authorize;
mod authorize_error;
pub mod blocked_sign_in;
pub mod callback;
mod callback_cost;
mod callback_error;
pub mod client_authentication;
pub mod confirmation;
mod confirmed_again;
pub mod connections;
pub mod consent;
mod consent_form;
mod failed_sign_in;
mod issue;
pub mod operator;
pub mod operator_decision;
mod operator_page;
pub mod own_page_sign_in;
mod own_page_sign_in_error;
mod owner_action;
pub mod pages;
pub mod redeem;
pub mod refresh;
pub mod register;
mod remembered;
pub mod request_refusal;
mod requesting_client;
mod return_to_client;
pub mod revoke;
mod second_leg;
mod sign_in;
pub mod token_error;
mod upstream_code;
pub mod visitor;
mod withdraw;
