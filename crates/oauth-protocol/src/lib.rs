//! The OAuth RFCs as types, parsers and encoders, without I/O, clock, async or Azure.
//!
//! A value of a type in here has passed the check that the type is named for; the constructor is the check. Each module
//! is one concept in the RFC's own words.
#![deny(missing_docs)]

pub mod addressed_request;
pub mod admin_consent;
pub mod authorization_request;
pub mod authorization_response;
pub mod bearer;
pub mod callback_response;
pub mod client_assertion;
pub mod client_id_url;
pub mod client_metadata;
pub mod client_metadata_document;
pub mod error;
pub mod form;
pub mod host_name;
pub mod https_url;
pub mod initiator;
pub mod issuer;
pub mod json_web_key;
pub mod loopback;
pub mod metadata;
pub mod pkce;
pub mod private_key_jwt;
pub mod prompt;
pub mod redirect_uri;
pub mod registration_response;
pub mod resource;
pub mod revocation_request;
pub mod scope;
pub mod secret;
pub mod special_use;
pub mod token_request;
pub mod token_response;
pub mod visible;
