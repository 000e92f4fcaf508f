//! Parameters that infra/ refuses by `fail()`: each refusal has a parameter set in infra/test/refused that meets it. The first
//! line of a set is a comment with the words that the deployment must stop with.

use std::collections::BTreeSet;
use std::io;

use super::bicep::Copy;
use super::files::Files;
use super::tools::{NO_CLI, Tools};
use crate::report::{Report, Verdict};

const FOLDER: &str = "infra/test/refused/";
const EXTENSION: &str = ".bicepparam";
const WORDS: &str = "// Refused: ";
const REFUSAL: &str = "fail('";

/// Judges whether each set is refused with its words, and whether each refusal has a set.
pub(super) fn judge(files: &Files, tools: &Tools, report: &mut Report) -> io::Result<()> {
    report.judge("refusals", unmatched(files));
    let Some(copy) = Copy::of(files, tools)? else {
        report.add("refusal-*", Verdict::Skipped(NO_CLI));
        return Ok(());
    };
    for (path, text) in files.under(FOLDER, EXTENSION) {
        let name = path.trim_start_matches(FOLDER).trim_end_matches(EXTENSION);
        let evaluated = copy.snapshot(&format!("refused/{name}"));
        report.judge(format!("refusal-{name}"), faults(evaluated, words(text)));
    }
    Ok(())
}

/// The words of a set; none if it has no such line.
fn words(set: &str) -> &str {
    set.lines().next().and_then(|line| line.strip_prefix(WORDS)).unwrap_or_default()
}

/// Refusals without a set, and sets for no refusal.
fn unmatched(files: &Files) -> Vec<String> {
    let sources = files.under("infra/", ".bicep").flat_map(|(_, source)| source.split(REFUSAL).skip(1));
    let refused: BTreeSet<&str> = sources.filter_map(|rest| rest.split("')").next()).collect();
    let expected: BTreeSet<&str> = files.under(FOLDER, EXTENSION).map(|(_, set)| words(set)).collect();
    if refused.is_empty() {
        return vec!["no refusal was found in infra/".to_owned()];
    }
    let unmatched = refused.symmetric_difference(&expected);
    unmatched.map(|words| format!("“{words}” is not both in infra/ and in {FOLDER}")).collect()
}

/// Why a set counts as not refused.
fn faults(evaluated: Result<String, Vec<String>>, words: &str) -> Vec<String> {
    match evaluated {
        Ok(_) => vec![format!("is deployed, and should stop with “{words}”")],
        Err(said) if !words.is_empty() && said.iter().any(|line| line.contains(words)) => vec![],
        Err(said) => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    const SET: &str = "infra/test/refused/preauthorized-clients.bicepparam";

    fn checkout() -> Files {
        Files::read(Workspace::of_this_build(false).root()).unwrap()
    }

    fn failed(files: &Files, tools: &Tools) -> Vec<String> {
        let mut report = Report::default();
        judge(files, tools, &mut report).unwrap();
        report.failed().into_iter().map(str::to_owned).collect()
    }

    fn replaced(path: &str, from: &str, to: &str) -> Files {
        let mut files = checkout();
        let text = files.text(path).to_owned();
        assert!(text.contains(from), "{from} is not in {path}");
        files.insert(path, text.replace(from, to));
        files
    }

    #[test]
    fn a_refusal_without_a_set_and_a_set_with_other_words_are_found() {
        let none = Tools::default();
        assert_eq!(failed(&checkout(), &none), [""; 0]);
        let another = "param location string = fail('of another kind')\nparam x string";
        assert_eq!(failed(&replaced("infra/main.bicep", "param location string", another), &none), ["refusals"]);
        assert_eq!(failed(&replaced(SET, "needs grant", "wants grant"), &none), ["refusals"]);
        assert_eq!(failed(&replaced(SET, WORDS, "// "), &none), ["refusals"]);
        assert_eq!(failed(&replaced("infra/main.bicep", REFUSAL, "stop('"), &none), ["refusals"]);
    }

    /// A branch that is never taken: the words are there, and nothing stops.
    #[test]
    fn a_refusal_that_does_not_stop_a_deployment_is_found() {
        let tools = Tools::of_environment();
        if tools.bicep.is_none() {
            return super::super::planted::say("there is no Bicep CLI: a refusal that does not stop is not tried");
        }
        assert_eq!(failed(&checkout(), &tools), [""; 0]);
        let always = replaced(
            "infra/main.bicep",
            "preauthorizedClients == [] || grantAdminConsent",
            "true || grantAdminConsent",
        );
        assert_eq!(failed(&always, &tools), ["refusal-preauthorized-clients"]);
        let granted = replaced(SET, "param location", "param grantAdminConsent = true\nparam location");
        assert_eq!(failed(&granted, &tools), ["refusal-preauthorized-clients"]);
    }

    #[test]
    fn other_words_are_no_refusal() {
        let said = || Err(vec!["Error BCP000: a mistake".to_owned()]);
        assert_eq!((faults(said(), "needs consent").len(), faults(said(), "").len()), (1, 1));
        assert_eq!(faults(said(), "a mistake"), [""; 0]);
    }
}
