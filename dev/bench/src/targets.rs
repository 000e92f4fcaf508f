//! The targets, and whether they are reached.

use std::fmt::Write as _;

use crate::{kind::Kind, measured::Row, memory::Memory, server::Server, start::Starts};

/// A bound of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// A row of the table.
#[derive(Debug, PartialEq)]
pub(crate) struct Target {
    what: String,
    bound: Bound,
    unit: &'static str,
    /// `None`: it could not be measured.
    measured: Option<f64>,
}

/// Theirs ÷ ours, in time of the processor: kind, server, at least.
const RATIOS: [(Kind, Server, f64); 8] = [
    (Kind::Unauthorized, Server::Limit, 0.8),
    (Kind::List, Server::Rmcp, 1.0),
    (Kind::Call, Server::Rmcp, 1.0),
    (Kind::List, Server::Limit, 0.4),
    (Kind::Call, Server::Limit, 0.5),
    (Kind::Call, Server::Go, 5.0),
    (Kind::Call, Server::TypeScript, 12.0),
    (Kind::Call, Server::FastMcpRedis, 25.0),
];

/// All rows.
pub(crate) fn all(rows: &[Row], alone: &[Row], memory: &Memory, starts: &Starts) -> Vec<Target> {
    let ratios = RATIOS.iter().map(|(kind, server, least)| Target {
        what: format!("{}: {} ÷ ours", kind.name(), server.name()),
        bound: Bound::AtLeast(*least),
        unit: "",
        measured: find(rows, *kind, *server).map(|row| row.ratio),
    });
    ratios.chain([latency(alone)]).chain(of_memory(memory)).chain(of_starts(starts)).collect()
}

fn find(rows: &[Row], kind: Kind, server: Server) -> Option<&Row> {
    rows.iter().find(|row| row.kind == kind && row.server == server)
}

fn latency(alone: &[Row]) -> Target {
    let of = |server| Some(find(alone, Kind::Call, server)?.latency);
    let ratio = of(Server::Handler).zip(of(Server::Rmcp)).map(|(ours, rmcp)| ours / rmcp);
    let what = "median latency of a call at one connection: ours ÷ rmcp bare".to_owned();
    Target { what, bound: Bound::AtMost(1.3), unit: "", measured: ratio }
}

/// The rows of memory.
pub(crate) fn of_memory(memory: &Memory) -> [Target; 4] {
    let at_most =
        |what: &str, most, unit, measured| Target { what: what.to_owned(), bound: Bound::AtMost(most), unit, measured };
    let Memory { calls, streams } = memory;
    let more = megabytes(calls.later) - megabytes(calls.idle);
    let of_stream = streams.and_then(|streams| u32::try_from(streams.of_one()?).ok());
    let of_stream = of_stream.map(|bytes| f64::from(bytes) / 1e3);
    [
        at_most("memory at most, while 3,900 connections send calls", 120.0, " MB", Some(megabytes(calls.peak))),
        at_most("more than before the calls, a minute later", 10.0, " MB", Some(more)),
        at_most("memory of an idle stream", 20.0, " kB", of_stream),
        at_most(
            "memory with 10,000 streams of 313 users",
            220.0,
            " MB",
            streams.map(|streams| megabytes(streams.open)),
        ),
    ]
}

fn of_starts(starts: &Starts) -> [Target; 3] {
    let target = |what: &str, most, unit, measured| Target {
        what: what.to_owned(),
        bound: Bound::AtMost(most),
        unit,
        measured: Some(measured),
    };
    let more = megabytes(starts.full.kilobytes) - megabytes(starts.empty.kilobytes);
    [
        target("start to first answer, 100,000 registrations", 50.0, " ms", starts.full.milliseconds),
        target("the same after SIGKILL", 50.0, " ms", starts.killed.milliseconds),
        target("memory at the start: 100,000 registrations more than one", 2.0, " MB", more),
    ]
}

fn megabytes(kilobytes: u64) -> f64 {
    u32::try_from(kilobytes).map_or(f64::INFINITY, f64::from) / 1024.0
}

impl Target {
    fn is_reached(&self) -> Option<bool> {
        Some(match self.bound {
            Bound::AtLeast(least) => self.measured? >= least,
            Bound::AtMost(most) => self.measured? <= most,
        })
    }

    fn line(&self) -> String {
        let (sign, bound) = match self.bound {
            Bound::AtLeast(least) => ('≥', least),
            Bound::AtMost(most) => ('≤', most),
        };
        let measured = self.measured.map_or_else(|| "–".to_owned(), |measured| format!("{measured:.2}{}", self.unit));
        let reached = self.is_reached().map_or("not measured", |reached| if reached { "yes" } else { "**no**" });
        format!("| {} | {sign} {bound}{} | {measured} | {reached} |\n", self.what, self.unit)
    }
}

/// A table in Markdown.
pub(crate) fn table(targets: &[Target]) -> String {
    let mut table = "| | must be | is | reached |\n|---|---|---|---|\n".to_owned();
    for target in targets {
        let _ = write!(table, "{}", target.line());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{memory::OfCalls, start::Start};

    fn row(kind: Kind, server: Server, ratio: f64, latency: f64) -> Row {
        Row { kind, server, processor: 1.0, kernel: 0.5, spread: 0.0, per_second: 1.0, latency, ratio }
    }

    fn targets(peak: u64) -> Vec<Target> {
        let rows = [row(Kind::List, Server::Rmcp, 1.0, 1.0), row(Kind::Call, Server::Rmcp, 0.99, 1.0)];
        let alone = [row(Kind::Call, Server::Handler, 1.0, 0.26), row(Kind::Call, Server::Rmcp, 0.7, 0.2)];
        let memory = Memory { calls: OfCalls { idle: 20 * 1024, peak, later: 25 * 1024 }, streams: None };
        let start = Start { milliseconds: 40.0, kilobytes: 15 * 1024 };
        let starts = Starts { empty: start, full: start, killed: Start { milliseconds: 60.0, ..start } };
        all(&rows, &alone, &memory, &starts)
    }

    fn reached(targets: &[Target], what: &str) -> Option<bool> {
        targets.iter().find(|target| target.what.contains(what)).unwrap().is_reached()
    }

    #[test]
    fn a_bound_itself_is_reached_and_what_was_not_measured_is_neither() {
        let targets = targets(120 * 1024);
        for (what, is) in [
            ("tools/list: rmcp bare", Some(true)),
            ("warm tools/call: rmcp bare", Some(false)),
            ("at one connection", Some(true)),
            ("3,900", Some(true)),
            ("a minute later", Some(true)),
            ("10,000", None),
            ("Go SDK", None),
            ("first answer", Some(true)),
            ("SIGKILL", Some(false)),
        ] {
            assert_eq!(reached(&targets, what), is, "{what}");
        }
        assert_eq!(reached(&self::targets(120 * 1024 + 10), "3,900"), Some(false));
    }

    #[test]
    fn a_row_says_what_must_be_and_what_is() {
        let table = table(&targets(120 * 1024));
        assert!(table.contains("| warm tools/call: rmcp bare ÷ ours | ≥ 1 | 0.99 | **no** |\n"), "{table}");
        assert!(table.contains("| the same after SIGKILL | ≤ 50 ms | 60.00 ms | **no** |\n"), "{table}");
        assert!(table.contains("| memory of an idle stream | ≤ 20 kB | – | not measured |\n"), "{table}");
    }
}
