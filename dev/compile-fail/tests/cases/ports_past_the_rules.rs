//! The ports of the authorization server are its own: nobody writes a record past its rules.

use authorization_server::AuthorizationServer;

fn past_the_rules(server: &AuthorizationServer) {
    let _ = &server.ports;
    let _ = &server.ports.grants;
}

fn main() {}
