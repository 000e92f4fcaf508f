//! The table.

use std::{error::Error, fmt::Write as _, fs, path::Path, process::Command};

use crate::{measured::Row, round::Load, server::LeftOut};

/// What is between these lines of the page is replaced.
const MARKERS: [&str; 2] = ["<!-- results -->\n", "<!-- end of results -->\n"];

/// A table in Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut table = String::from(
        "| request | server | µs of the processor per request | spread | theirs ÷ ours | requests a second | median latency, ms |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let (kind, server) = (row.kind.name(), row.server.name());
        let (spread, ratio) = (row.spread * 100.0, row.ratio);
        let _ = writeln!(
            table,
            "| {kind} | {server} | {:.0} | {spread:.0} % | {ratio:.2} | {:.0} | {:.2} |",
            row.processor, row.per_second, row.latency
        );
    }
    table
}

/// Writes the table into the page, with how it was measured and what was left out.
pub(crate) fn write(
    page: &Path,
    rows: &[Row],
    left_out: &[LeftOut],
    load: Load,
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(page)?;
    let how = format!(
        "Medians of {rounds} interleaved rounds of {} s at {} connections, on {}, {}.",
        load.seconds,
        load.connections,
        machine(&fs::read_to_string("/proc/cpuinfo")?),
        date()?
    );
    let results = format!("\n{how}\n\n{}{}\n", table(rows), without(left_out));
    let with_results = replaced(&text, &results).ok_or("the page has no markers for the results")?;
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
    use crate::{kind::Kind, server::Server};

    fn row() -> Row {
        let (kind, server) = (Kind::Call, Server::Rmcp);
        Row { kind, server, processor: 61.4, spread: 0.052, per_second: 9_000.6, latency: 1.236, ratio: 0.714 }
    }

    #[test]
    fn a_row_is_a_line_of_rounded_numbers() {
        let table = table(&[row()]);
        assert!(table.ends_with("| warm tools/call | rmcp bare | 61 | 5 % | 0.71 | 9001 | 1.24 |\n"), "{table}");
        let cells: Vec<usize> = table.lines().map(|line| line.matches('|').count()).collect();
        assert_eq!(cells, [8, 8, 8]);
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
