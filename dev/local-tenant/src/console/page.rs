//! The page of the console.

use askama::Template;

use super::switches::{self, Person, Switch};
use super::{history::clock_time, kept::Told};
use crate::{registration::APP_NAME, sts::Sts};

/// All that a person can see and change.
#[derive(Template)]
#[template(path = "console.html")]
pub(super) struct ConsolePage<'a> {
    app: &'static str,
    now: String,
    /// Of the forms.
    token: &'a str,
    /// Why the last form changed nothing.
    refused: Option<String>,
    reloads: bool,
    people: Vec<Person>,
    sections: [Section; 3],
    /// Newest first.
    history: Vec<Told>,
}

/// Switches under one heading.
struct Section {
    id: &'static str,
    heading: &'static str,
    switches: Vec<Switch>,
}

impl<'a> ConsolePage<'a> {
    pub(super) fn of(sts: &'a Sts, refused: Option<String>, reloads: bool) -> Self {
        let mut history = sts.console.history.all();
        history.reverse();
        let section = |id, heading, switches| Section { id, heading, switches };
        Self {
            app: APP_NAME,
            now: clock_time(sts.clock.now()),
            token: &sts.console.form_token,
            refused,
            reloads,
            people: switches::people(sts),
            sections: [
                section("policies", "Policies", switches::policies(sts)),
                section("services", "Services", switches::services(sts)),
                section("time", "Without waiting", switches::whole(sts)),
            ],
            history,
        }
    }
}
