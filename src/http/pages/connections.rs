//! The owner's own page.

use askama::Template;
use authorization_server::endpoints::pages::{Connection, ConnectionsPage};
use http::StatusCode;
use time::OffsetDateTime;

use super::{consent::DAY, display_name::display_name, render::render};
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
    rows: Vec<Row>,
    denials: usize,
}

struct Row {
    id: String,
    client: String,
    since: String,
    last_used: Option<String>,
    devices: usize,
    remembered: bool,
}

/// What the owner has allowed.
pub(in crate::http) fn connections(app: &App, page: &ConnectionsPage) -> Response {
    let page = Connections {
        server: &app.server_name,
        name: display_name(Some(&page.session.name)),
        csrf: page.session.csrf(),
        rows: page.connections.iter().map(row).collect(),
        denials: page.denials,
    };
    render(StatusCode::OK, &page)
}

fn row(connection: &Connection) -> Row {
    Row {
        id: connection.client.to_string(),
        client: display_name(connection.name.as_deref()),
        since: day(connection.since),
        last_used: connection.last_used.map(day),
        devices: connection.devices,
        remembered: connection.remembered,
    }
}

fn day(at: OffsetDateTime) -> String {
    at.format(DAY).unwrap_or_default()
}
