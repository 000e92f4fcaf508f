//! `cargo xtask test`: the stages one after another, up to the first that fails.

use std::time::Instant;

use crate::stage::Stage;
use crate::tally::Tally;
use crate::tools;
use crate::workspace::Workspace;

/// True if everything passed. The last line printed is the tally, whatever happened before.
pub(crate) fn run(workspace: &Workspace, only: Option<Stage>) -> bool {
    let stages = only.map_or_else(|| Stage::ALL.to_vec(), |stage| vec![stage]);
    let missing = tools::missing(&stages);
    for tool in &missing {
        eprintln!("{tool}");
    }
    let total = if missing.is_empty() {
        in_order(&stages, |stage| timed(stage, || stage.run(workspace)))
    } else {
        Tally { passed: 0, failed: u32::try_from(missing.len()).unwrap_or(u32::MAX) }
    };
    println!("{total}");
    total.failed == 0
}

fn in_order(stages: &[Stage], mut run: impl FnMut(Stage) -> Tally) -> Tally {
    let mut total = Tally::default();
    for stage in stages {
        let tally = run(*stage);
        total += tally;
        if tally.failed > 0 {
            break;
        }
    }
    total
}

/// A stage in which nothing ran has not passed.
fn timed(stage: Stage, run: impl FnOnce() -> Tally) -> Tally {
    println!("\n== {stage} ==");
    let start = Instant::now();
    let mut tally = run();
    if tally.is_empty() {
        eprintln!("{stage}: no test ran");
        tally = Tally::FAILED;
    }
    println!("== {stage}: {:.1} s, {} of {} passed ==", start.elapsed().as_secs_f64(), tally.passed, total(tally));
    tally
}

fn total(tally: Tally) -> u32 {
    tally.passed + tally.failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_summed_over_the_stages() {
        let total = in_order(&Stage::ALL, |_| Tally { passed: 3, failed: 0 });
        assert_eq!(total, Tally { passed: 18, failed: 0 });
    }

    #[test]
    fn nothing_runs_after_the_first_stage_that_fails() {
        let mut ran = Vec::new();
        let total = in_order(&Stage::ALL, |stage| {
            ran.push(stage);
            if stage == Stage::Unit { Tally { passed: 5, failed: 2 } } else { Tally::PASSED }
        });
        assert_eq!(ran, [Stage::Lint, Stage::Unit]);
        assert_eq!(total, Tally { passed: 6, failed: 2 });
    }

    #[test]
    fn a_stage_in_which_no_test_ran_has_failed() {
        assert_eq!(timed(Stage::Unit, Tally::default), Tally::FAILED);
        assert_eq!(timed(Stage::Unit, || Tally::PASSED), Tally::PASSED);
    }
}
