//! Runs a command, passes its output on as it comes, and counts the tests in it.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::tally::Tally;

/// Runs a test runner; its lines appear at once. A runner that fails without naming a failed test (it did not compile,
/// say), or that cannot be started, counts as one failed test.
pub(crate) fn tests(command: &mut Command) -> Tally {
    announce(command);
    tests_to(command, io::stdout())
}

fn tests_to(command: &mut Command, to: impl Write) -> Tally {
    let mut tally = Tally::default();
    let success = stream(command, to, &mut tally);
    if !success && tally.failed == 0 {
        tally += Tally::FAILED;
    }
    tally
}

/// Runs a command that is itself one check.
pub(crate) fn check(command: &mut Command) -> Tally {
    if run(command) { Tally::PASSED } else { Tally::FAILED }
}

/// Says that a check cannot run here. The reason says how to make it run.
pub(crate) fn skip(name: &str, reason: &str) -> Tally {
    println!("skip {name}: {reason}");
    Tally::skipped(name, reason)
}

/// Runs a command that only prepares; true if it succeeded.
pub(crate) fn run(command: &mut Command) -> bool {
    announce(command);
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => not_started(command, &error),
    }
}

/// Runs a command for its output; None if it failed, which has then been said.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    announce(command);
    match command.stderr(Stdio::inherit()).output() {
        Ok(output) if output.status.success() => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(_) => None,
        Err(error) => {
            not_started(command, &error);
            None
        }
    }
}

fn stream(command: &mut Command, to: impl Write, tally: &mut Tally) -> bool {
    let mut child = match command.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(error) => return not_started(command, &error),
    };
    let copied = child.stdout.take().map_or(Ok(()), |stdout| copy(stdout, to, tally));
    let status = child.wait();
    copied.is_ok() && status.is_ok_and(|status| status.success())
}

fn copy(from: impl Read, mut to: impl Write, tally: &mut Tally) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        *tally += Tally::of_line(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(())
}

fn announce(command: &Command) {
    let words = command.get_args().map(|word| word.to_string_lossy());
    let program = std::path::Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    println!("$ {}", std::iter::once(program).chain(words).collect::<Vec<_>>().join(" "));
}

fn not_started(command: &Command, error: &io::Error) -> bool {
    eprintln!("{} could not be started: {error}", command.get_program().display());
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_pass_through_unchanged_and_are_counted() {
        let output = b"caf\xe9\ntest result: ok. 4 passed; 0 failed; 0 ignored\nno newline at the end";
        let (mut seen, mut tally) = (Vec::new(), Tally::default());
        copy(output.as_slice(), &mut seen, &mut tally).unwrap();
        assert_eq!(seen, output);
        assert_eq!(tally, Tally { passed: 4, ..Tally::default() });
    }

    #[test]
    fn a_runner_that_fails_without_a_failed_test_counts_as_one() {
        assert_eq!(tests_to(&mut Command::new("false"), io::sink()), Tally::FAILED);
        assert_eq!(tests_to(&mut Command::new("/no/such/program"), io::sink()), Tally::FAILED);
    }

    #[test]
    fn a_failed_test_is_not_counted_twice() {
        let mut runner = Command::new("sh");
        runner.args(["-c", "echo 'test result: FAILED. 1 passed; 2 failed; 0 ignored'; exit 101"]);
        assert_eq!(tests_to(&mut runner, io::sink()), Tally { passed: 1, failed: 2, ..Tally::default() });
    }

    #[test]
    fn a_check_is_one_passed_or_one_failed() {
        assert_eq!(check(&mut Command::new("true")), Tally::PASSED);
        assert_eq!(check(&mut Command::new("false")), Tally::FAILED);
    }
}
