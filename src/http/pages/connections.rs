//! The owner's own page.

use askama::Template;
use authorization_server::{
    endpoints::pages::{Application, Connection, ConnectionsPage},
    state::entra_client::{EntraClient, Standing},
};
use http::StatusCode;
use time::OffsetDateTime;

use super::{consent::DAY, display_name::display_name, render::render, time_of_day::time_of_day};
use crate::http::{app::App, reply::Response};

#[derive(Template)]
#[template(path = "connections_sign_in.html", config = "src/http/pages/askama.toml")]
struct SignInPage<'a> {
    server: &'a str,
}

/// Nobody is signed in.
pub(in crate::http) fn connections_sign_in(app: &App) -> Response {
    render(StatusCode::OK, &SignInPage { server: &app.server_name })
}

#[derive(Template)]
#[template(path = "connections.html", config = "src/http/pages/askama.toml")]
struct Connections<'a> {
    server: &'a str,
    name: String,
    csrf: &'a str,
    groups: Vec<Group>,
    entra_clients: Vec<EntraClientRow>,
    denials: usize,
}

struct Group {
    client: String,
    hosts: String,
    published_at: Option<String>,
    permissions: Vec<&'static str>,
    rows: Vec<ConnectionRow>,
}

/// An application that gets its tokens from Entra itself. Entra gives no name of it.
struct EntraClientRow {
    application: String,
    since: String,
    last_called: String,
    is_refused: bool,
}

struct ConnectionRow {
    id: String,
    since: String,
    last_used: Option<String>,
    devices: usize,
    remembered: bool,
    addresses: Vec<String>,
}

/// The page of the owner's connections.
pub(in crate::http) fn connections(app: &App, page: &ConnectionsPage) -> Response {
    let page = Connections {
        server: &app.server_name,
        name: display_name(Some(&page.session.name)),
        csrf: page.session.csrf(),
        groups: page.applications.iter().map(|application| group(app, application)).collect(),
        entra_clients: page.entra_clients.iter().map(entra_row).collect(),
        denials: page.denials,
    };
    render(StatusCode::OK, &page)
}

fn group(app: &App, application: &Application) -> Group {
    let name = application.connections.iter().find_map(|connection| connection.name.as_deref());
    let mut permissions: Vec<&'static str> = Vec::new();
    for sentence in application.connections.iter().flat_map(|connection| &connection.permissions) {
        if !permissions.contains(sentence) {
            permissions.push(sentence);
        }
    }
    let (client, hosts) = (display_name(name), application.hosts.join(", "));
    Group {
        client,
        hosts,
        published_at: application.published_at.clone(),
        permissions,
        rows: application.connections.iter().map(|connection| row(app, connection)).collect(),
    }
}

fn entra_row(client: &EntraClient) -> EntraClientRow {
    EntraClientRow {
        application: client.application.to_string(),
        since: day(client.since),
        last_called: day(client.last_called),
        is_refused: matches!(client.standing, Standing::Refused(_)),
    }
}

fn row(app: &App, connection: &Connection) -> ConnectionRow {
    ConnectionRow {
        id: connection.client.to_string(),
        since: time_of_day(connection.since),
        last_used: connection.last_used.map(time_of_day),
        devices: connection.devices,
        remembered: connection.remembered,
        addresses: connection.addresses.iter().map(|address| app.server.base().join(address.path())).collect(),
    }
}

/// A call is noted once a day.
fn day(at: OffsetDateTime) -> String {
    at.format(DAY).unwrap_or_default()
}
