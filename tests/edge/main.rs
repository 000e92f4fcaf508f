//! The HTTP edge in this process: the router over stand-ins that fail when a test says so, on a clock that the test moves.
//! The process as its users meet it is in `tests/http`.
#![cfg(test)]

mod answers;
mod audit;
mod bearer;
mod blocks;
mod browser;
mod client_authentication;
mod connections;
mod cors;
mod costs;
mod counted;
mod documents;
mod flood;
mod gateway;
mod growth;
mod health;
mod host;
mod languages;
mod large_clients;
mod limits;
mod log;
mod mcp;
mod methods;
mod operator;
mod outage;
mod pages;
mod panics;
mod pending;
mod refusals;
mod refused_messages;
mod results;
mod rig;
mod roles;
mod second_api;
mod stand_ins;
mod streams;
mod warm;
