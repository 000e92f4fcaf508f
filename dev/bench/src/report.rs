//! The table.

use std::{collections::BTreeMap, error::Error, fmt::Write as _, fs, path::Path, process::Command};

use crate::{
    instructions::Counts,
    kind::Kind,
    measured::Row,
    memory::Memory,
    round::Load,
    server::{LeftOut, Server},
    start::Starts,
    targets,
};

/// The text between these lines of the page is replaced.
const MARKERS: [&str; 2] = ["<!-- results -->\n", "<!-- end of results -->\n"];

/// Everything that was measured.
pub(crate) struct Results<'a> {
    pub(crate) rows: &'a [Row],
    /// Calls at one connection.
    pub(crate) alone: &'a [Row],
    /// Empty where valgrind is missing.
    pub(crate) instructions: &'a BTreeMap<Server, Counts>,
    pub(crate) memory: Memory,
    pub(crate) starts: Starts,
    pub(crate) left_out: &'a [LeftOut],
}

impl Results<'_> {
    /// All tables.
    pub(crate) fn markdown(&self) -> String {
        let targets = targets::all(self.rows, self.alone, &self.memory, &self.starts);
        let mut page = format!("{}\n{}", targets::table(&targets), table(self.rows));
        let _ = write!(page, "\nCalls at one connection:\n\n{}", table(self.alone));
        let _ = write!(page, "\nInstructions of a request, by callgrind:\n\n{}", counts(self.instructions));
        let _ = write!(page, "\n{}{}", sizes(&self.memory, &self.starts), without(self.left_out));
        page
    }
}

/// The instructions of each server, and theirs ÷ ours.
fn counts(counts: &BTreeMap<Server, Counts>) -> String {
    let mut table = String::from("| request | server | instructions | theirs ÷ ours |\n|---|---|---|---|\n");
    for kind in Kind::ALL {
        let ours = counts.get(&Server::Handler).and_then(|counts| counts.get(&kind)).copied().unwrap_or(0);
        for (server, counts) in counts {
            let count = counts.get(&kind).copied().unwrap_or(0);
            let hundredths = count * 100 / ours.max(1);
            let (whole, rest) = (hundredths / 100, hundredths % 100);
            let _ = writeln!(table, "| {} | {} | {count} | {whole}.{rest:02} |", kind.name(), server.name());
        }
    }
    table
}

/// Memory in MB of 1024 kB, and times of starts.
fn sizes(memory: &Memory, starts: &Starts) -> String {
    let megabytes = |kilobytes: u64| format!("{}.{}", kilobytes / 1024, kilobytes % 1024 * 10 / 1024);
    let mut table = String::from("| | MB | ms to the first answer |\n|---|---|---|\n");
    for (what, start) in [
        ("start with one registration", starts.empty),
        ("start with 100,000 registrations", starts.full),
        ("the same after SIGKILL", starts.killed),
    ] {
        let _ = writeln!(table, "| {what} | {} | {:.0} |", megabytes(start.kilobytes), start.milliseconds);
    }
    let Memory { calls, streams } = memory;
    let streams = streams.map(|streams| {
        [("313 users have signed in at another process", streams.idle), ("the same, with 10,000 streams", streams.open)]
    });
    for (what, size) in [
        ("313 users have signed in", calls.idle),
        ("at most, while 3,900 connections send calls", calls.peak),
        ("a minute later", calls.later),
    ]
    .into_iter()
    .chain(streams.into_iter().flatten())
    {
        let _ = writeln!(table, "| {what} | {} | |", megabytes(size));
    }
    table
}

/// A table of servers.
fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| request | server | µs of the processor per request | in the kernel | spread | theirs ÷ ours | requests a second | median latency, ms |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let (kind, server) = (row.kind.name(), row.server.name());
        let (spread, ratio) = (row.spread * 100.0, row.ratio);
        let _ = writeln!(
            table,
            "| {kind} | {server} | {:.0} | {:.0} | {spread:.0} % | {ratio:.2} | {:.0} | {:.2} |",
            row.processor, row.kernel, row.per_second, row.latency
        );
    }
    table
}

/// Writes the tables into the page, with how they were measured.
pub(crate) fn write(page: &Path, results: &Results<'_>, load: Load, rounds: usize) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(page)?;
    let how = format!(
        "Medians of {rounds} interleaved rounds of {} s at {} connections, on {}, {}.",
        load.seconds,
        load.connections,
        machine(&fs::read_to_string("/proc/cpuinfo")?),
        date()?
    );
    let with_results = replaced(&text, &format!("\n{how}\n\n{}\n", results.markdown()))
        .ok_or("the page has no markers for the results")?;
    Ok(fs::write(page, with_results)?)
}

/// A line for each peer that is left out.
fn without(left_out: &[LeftOut]) -> String {
    left_out.iter().fold(String::new(), |mut lines, LeftOut { server, why }| {
        let _ = writeln!(lines, "\nLeft out: {}, because {why}.", server.name());
        lines
    })
}

fn replaced(page: &str, results: &str) -> Option<String> {
    let [begin, end] = MARKERS;
    let ((before, rest), (_, after)) = (page.split_once(begin)?, page.split_once(end)?);
    rest.contains(end).then(|| format!("{before}{begin}{results}{end}{after}"))
}

/// The number of cores, and their model.
fn machine(cpuinfo: &str) -> String {
    let models = || cpuinfo.lines().filter_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = models().next().map_or("unknown", |(_, model)| model);
    format!("{} cores of {model}", models().count())
}

fn date() -> Result<String, Box<dyn Error>> {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{memory::OfCalls, start::Start};

    fn row() -> Row {
        let (kind, server) = (Kind::Call, Server::Rmcp);
        Row {
            kind,
            server,
            processor: 61.4,
            kernel: 33.3,
            spread: 0.052,
            per_second: 9_000.6,
            latency: 1.236,
            ratio: 0.714,
        }
    }

    #[test]
    fn a_row_is_a_line_of_rounded_numbers() {
        let table = table(&[row()]);
        assert!(table.ends_with("| warm tools/call | rmcp bare | 61 | 33 | 5 % | 0.71 | 9001 | 1.24 |\n"), "{table}");
        let cells: Vec<usize> = table.lines().map(|line| line.matches('|').count()).collect();
        assert_eq!(cells, [9, 9, 9]);
    }

    #[test]
    fn instructions_are_compared_with_ours() {
        let of = |count| Kind::ALL.into_iter().map(|kind| (kind, count)).collect::<Counts>();
        let counts = counts(&BTreeMap::from([(Server::Handler, of(60_000)), (Server::Rmcp, of(16_000))]));
        assert!(counts.contains("| 401 | this server | 60000 | 1.00 |\n"), "{counts}");
        assert!(counts.contains("| warm tools/call | rmcp bare | 16000 | 0.26 |\n"), "{counts}");
    }

    #[test]
    fn sizes_are_megabytes() {
        let memory = Memory { calls: OfCalls { idle: 16_384, peak: 118_784, later: 20_992 }, streams: None };
        let start = Start { milliseconds: 41.6, kilobytes: 16_896 };
        let sizes = sizes(&memory, &Starts { empty: start, full: start, killed: start });
        assert!(sizes.contains("| start with one registration | 16.5 | 42 |\n"), "{sizes}");
        assert!(sizes.contains("| a minute later | 20.5 | |\n") && !sizes.contains("streams"), "{sizes}");
    }

    #[test]
    fn the_results_are_replaced_and_the_rest_of_the_page_stays() {
        let [begin, end] = MARKERS;
        let page = |results: &str| format!("# A\n{begin}{results}{end}\n## Why\n");
        assert_eq!(replaced(&page("old\n"), "new\n"), Some(page("new\n")));
        assert_eq!(replaced("# A\n", "new\n"), None);
        assert_eq!(replaced(&format!("{end}{begin}"), "new\n"), None);
    }

    #[test]
    fn the_page_has_the_markers() {
        let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/benchmarks.md")).unwrap();
        assert!(replaced(&page, "").is_some());
    }

    #[test]
    fn a_peer_that_is_left_out_is_named() {
        let left_out = LeftOut { server: Server::Go, why: "go is missing".to_owned() };
        assert_eq!(without(&[left_out]), "\nLeft out: Go SDK, because go is missing.\n");
        assert_eq!(without(&[]), "");
    }

    #[test]
    fn the_machine_is_its_cores() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Some CPU\nprocessor\t: 1\nmodel name\t: Some CPU\n";
        assert_eq!(machine(cpuinfo), "2 cores of Some CPU");
    }
}
