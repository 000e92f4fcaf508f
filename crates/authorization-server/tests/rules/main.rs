//! The rules of the authorization server, over the store and the Entra of `testkit`: a file for each use case or promise.
//!
//! One program, because each further one costs a link.

mod audit;
mod authenticate;
mod authorize;
mod blocks;
mod callback;
mod client_authentication;
mod confirmation;
mod connections;
mod consent;
mod denied;
mod displaced;
mod documents;
mod downstream;
mod entra_clients;
mod entra_connections;
mod faults;
mod finished_answers;
mod grant_properties;
mod interrupted;
mod limits;
mod log;
mod operator;
mod prompt;
mod redeem;
mod refresh;
mod refresh_upstream;
mod register;
mod remembered;
mod revoke;
mod roles;
mod sealing;
mod step_up;
mod transactions;
mod twice;
mod withdraw;
