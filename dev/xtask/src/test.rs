//! `cargo xtask test`: the stages one after another, up to the first that fails, and then what came of them.

use std::{
    fmt,
    time::{Duration, Instant},
};

use clap::ValueEnum as _;

use crate::{stage::Stage, tally::Tally, tools, workspace::Workspace};

/// True if nothing failed. The last line printed is the tally, whatever happened before.
pub(crate) fn run(workspace: &Workspace, only: Option<Stage>) -> bool {
    let stages = only.map_or_else(|| all(workspace.long()), |stage| vec![stage]);
    let has = |stage| stages.contains(&stage);
    let missing = tools::missing(has(Stage::E2e) || has(Stage::Package), has(Stage::Azure));
    for program in &missing {
        eprintln!("{program}");
    }
    let missing = u32::try_from(missing.len()).unwrap_or(u32::MAX);
    let stages = in_order(&stages, missing > 0, |stage| timed(stage, || stage.run(workspace)));
    let summary = Summary { missing, stages };
    println!("\n{summary}");
    summary.total().failed == 0
}

fn all(long: bool) -> Vec<Stage> {
    Stage::value_variants().iter().copied().filter(|stage| long || !stage.is_long()).collect()
}

/// Runs the stages up to the first that fails. Each has its counts; None for one that was not reached.
fn in_order(stages: &[Stage], mut failed: bool, mut run: impl FnMut(Stage) -> Ran) -> Vec<(Stage, Option<Ran>)> {
    let mut next = |&stage| {
        let ran = (!failed).then(|| run(stage));
        failed = failed || ran.as_ref().is_some_and(|ran| ran.tally.failed > 0);
        (stage, ran)
    };
    stages.iter().map(&mut next).collect()
}

/// A stage in which nothing ran and nothing was skipped has failed.
fn timed(stage: Stage, run: impl FnOnce() -> Tally) -> Ran {
    println!("\n== {stage} ==");
    let start = Instant::now();
    let mut tally = run();
    if tally.is_empty() {
        eprintln!("{stage}: no test ran");
        tally = Tally::FAILED;
    }
    Ran { time: start.elapsed(), tally }
}

/// A stage that was run.
#[derive(Clone, Debug, PartialEq)]
struct Ran {
    time: Duration,
    tally: Tally,
}

/// A table of the stages, a line for each skipped check, and the tally.
struct Summary {
    /// Programs. Each counts as one failed check.
    missing: u32,
    stages: Vec<(Stage, Option<Ran>)>,
}

impl Summary {
    fn total(&self) -> Tally {
        let mut total = Tally { failed: self.missing, ..Tally::default() };
        self.stages.iter().filter_map(|(_, ran)| ran.as_ref()).for_each(|ran| total += ran.tally.clone());
        total
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<8}{:>10}{:>10}{:>10}{:>10}", "stage", "time", "passed", "failed", "skipped")?;
        for (stage, ran) in &self.stages {
            let Some(Ran { time, tally }) = ran else {
                writeln!(formatter, "{stage:<8}{:>10}", "not run")?;
                continue;
            };
            let (seconds, skipped) = (time.as_secs_f64(), tally.skipped.len());
            writeln!(formatter, "{stage:<8}{seconds:>8.1} s{:>10}{:>10}{skipped:>10}", tally.passed, tally.failed)?;
        }
        let total = self.total();
        total.skipped.iter().try_for_each(|skipped| writeln!(formatter, "skipped {skipped}"))?;
        write!(formatter, "{total}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(passed: u32, failed: u32) -> Ran {
        Ran { time: Duration::from_millis(1250), tally: Tally { passed, failed, ..Tally::default() } }
    }

    #[test]
    fn counts_are_summed_over_the_stages() {
        let summary = Summary { missing: 0, stages: in_order(&[Stage::Lint, Stage::Unit], false, |_| ran(3, 0)) };
        assert_eq!(summary.total(), ran(6, 0).tally);
    }

    #[test]
    fn long_stages_run_only_with_long() {
        assert_eq!(all(true), Stage::value_variants());
        assert!(all(false).contains(&Stage::Package) && !all(false).contains(&Stage::Proof));
    }

    #[test]
    fn nothing_runs_after_the_first_stage_that_fails() {
        let mut ran_stages = Vec::new();
        let stages = in_order(&[Stage::Lint, Stage::Unit, Stage::Http], false, |stage| {
            ran_stages.push(stage);
            if stage == Stage::Unit { ran(5, 2) } else { ran(1, 0) }
        });
        assert_eq!(ran_stages, [Stage::Lint, Stage::Unit]);
        assert_eq!(Summary { missing: 0, stages }.total(), ran(6, 2).tally);
    }

    #[test]
    fn a_stage_that_skips_everything_does_not_stop_the_others() {
        let skipped = || Ran { tally: Tally::skipped("a", "b"), ..ran(0, 0) };
        let stages =
            in_order(
                &[Stage::Lint, Stage::Unit],
                false,
                |stage| if stage == Stage::Lint { skipped() } else { ran(1, 0) },
            );
        assert_eq!(stages, [(Stage::Lint, Some(skipped())), (Stage::Unit, Some(ran(1, 0)))]);
    }

    #[test]
    fn a_stage_in_which_nothing_ran_or_was_skipped_has_failed() {
        assert_eq!(timed(Stage::Unit, Tally::default).tally, Tally::FAILED);
        assert_eq!(timed(Stage::Unit, || Tally::PASSED).tally, Tally::PASSED);
        assert_eq!(timed(Stage::Unit, || Tally::skipped("a", "b")).tally, Tally::skipped("a", "b"));
    }

    #[test]
    fn the_summary_has_a_line_for_each_stage_and_skipped_check_and_ends_with_the_tally() {
        let mut lint = ran(4, 0);
        lint.tally += Tally::skipped("licences", "no cargo-deny: cargo install cargo-deny");
        let stages = vec![(Stage::Lint, Some(lint)), (Stage::Unit, Some(ran(900, 1))), (Stage::Http, None)];
        let expected = "\
stage         time    passed    failed   skipped
lint         1.2 s         4         0         1
unit         1.2 s       900         1         0
http       not run
skipped licences: no cargo-deny: cargo install cargo-deny
904 passed, 1 failed, 1 skipped";
        assert_eq!(Summary { missing: 0, stages }.to_string(), expected);
    }

    #[test]
    fn where_programs_are_missing_nothing_runs_and_the_table_is_printed() {
        let stages = in_order(&[Stage::Lint, Stage::E2e], true, |_| ran(1, 0));
        let expected = "\
stage         time    passed    failed   skipped
lint       not run
e2e        not run
0 passed, 2 failed, 0 skipped";
        assert_eq!(Summary { missing: 2, stages }.to_string(), expected);
    }
}
