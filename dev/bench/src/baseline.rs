//! The committed counts of instructions, and by how much a change may differ from them.

use std::{collections::BTreeMap, error::Error, fmt, fs, path::Path, process::Command};

use serde::{Deserialize, Serialize};

use crate::{instructions::Counts, kind::Kind};

/// A change that adds more has to say why. One that saves more renews the counts, so that the next change cannot add it again.
const PERCENT: u64 = 5;

/// The machine that the counts belong to. On another one they say nothing.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Machine {
    rustc: String,
    /// As a program under valgrind sees it.
    processor: String,
    valgrind: String,
}

/// The features of an x86-64 processor, by their names in `/proc/cpuinfo`, that valgrind passes on to programs. It hides all
/// others, with the processor's model.
const FEATURES: [&str; 11] =
    ["pni", "ssse3", "cx16", "abm", "rdtscp", "avx", "avx2", "bmi1", "f16c", "rdrand", "rdseed"];

/// The file: instructions for each kind of request.
#[derive(Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Baseline {
    #[serde(flatten)]
    machine: Machine,
    instructions: BTreeMap<String, u64>,
}

impl Machine {
    /// This one.
    pub(crate) fn this(valgrind: &str) -> Result<Self, Box<dyn Error>> {
        let rustc = Command::new("rustc").arg("--version").output()?;
        let rustc = String::from_utf8(rustc.stdout)?.trim().to_owned();
        let processor = processor(&fs::read_to_string("/proc/cpuinfo")?);
        Ok(Self { rustc, processor, valgrind: valgrind.to_owned() })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {} and {}", self.rustc, self.processor, self.valgrind)
    }
}

/// Libraries choose their code by the features of the processor.
fn processor(cpuinfo: &str) -> String {
    let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
    let flags = lines.find(|(key, _)| key.trim() == "flags").map_or("", |(_, flags)| flags);
    let has = |feature: &&str| flags.split_whitespace().any(|flag| flag == *feature);
    let known: Vec<_> = FEATURES.into_iter().filter(has).collect();
    format!("{} with {}", std::env::consts::ARCH, known.join(" "))
}

impl Baseline {
    pub(crate) fn new(machine: Machine, counts: &Counts) -> Self {
        Self { machine, instructions: counts.iter().map(|(kind, count)| (kind.name().to_owned(), *count)).collect() }
    }

    pub(crate) fn read(path: &Path) -> Result<Self, Box<dyn Error>> {
        Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(path, format!("{:#}\n", serde_json::to_value(self)?))?)
    }

    /// Why nothing can be compared on this machine.
    pub(crate) fn differs_from(&self, machine: &Machine) -> Option<String> {
        let renew = "cargo xtask bench instructions renews it";
        (self.machine != *machine).then(|| format!("the baseline is of {}, this is {machine}: {renew}", self.machine))
    }

    /// A line for each kind of request, and whether it passed.
    pub(crate) fn judge(&self, counts: &Counts) -> Vec<(bool, String)> {
        Kind::ALL.iter().map(|kind| self.judge_kind(*kind, counts.get(kind).copied())).collect()
    }

    fn judge_kind(&self, kind: Kind, count: Option<u64>) -> (bool, String) {
        let (name, before) = (kind.name(), self.instructions.get(kind.name()));
        let (Some(count), Some(before)) = (count, before) else { return (false, format!("{name}: not counted")) };
        let line = format!("{name}: {count} instructions, {before} in the baseline");
        let (least, most) = (before * (100 - PERCENT) / 100, before * (100 + PERCENT) / 100);
        let differs = match count {
            _ if count > most => "more; if that is worth it, say why in the commit and renew the baseline",
            _ if count < least => "less; renew the baseline, so that it stays so",
            _ => return (true, line),
        };
        (false, format!("{line}: more than {PERCENT} % {differs} (cargo xtask bench instructions)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> Machine {
        Machine { rustc: "rustc 1.95.0".to_owned(), processor: "a".to_owned(), valgrind: "valgrind-3.19.0".to_owned() }
    }

    fn counts(count: u64) -> Counts {
        Kind::ALL.into_iter().map(|kind| (kind, count)).collect()
    }

    #[test]
    fn a_change_may_add_or_save_five_percent() {
        let baseline = Baseline::new(machine(), &counts(100_000));
        let passed = |count| baseline.judge(&counts(count)).iter().all(|(passed, _)| *passed);
        assert!(passed(100_000) && passed(105_000) && passed(95_000));
        assert!(!passed(105_001) && !passed(200_000) && !passed(94_999) && !passed(0));
    }

    #[test]
    fn a_kind_that_was_not_counted_fails() {
        let baseline = Baseline::new(machine(), &counts(100_000));
        assert!(baseline.judge(&Counts::new()).iter().all(|(passed, _)| !passed));
        let empty = Baseline::new(machine(), &Counts::new());
        assert!(empty.judge(&counts(1)).iter().all(|(passed, _)| !passed));
    }

    #[test]
    fn another_toolchain_or_processor_is_named() {
        let baseline = Baseline::new(machine(), &counts(1));
        assert_eq!(baseline.differs_from(&machine()), None);
        let other = Machine { processor: "b".to_owned(), ..machine() };
        assert!(baseline.differs_from(&other).unwrap().contains("this is rustc 1.95.0, b and valgrind-3.19.0:"));
    }

    #[test]
    fn a_processor_is_known_by_what_valgrind_shows_of_it() {
        let of = |model: &str, flags: &str| processor(&format!("model name\t: {model}\nflags\t\t: {flags}\n"));
        let one = of("AMD EPYC", "fpu avx pni avx2 sse4a");
        assert!(one.ends_with(" with pni avx avx2"), "{one}");
        assert_eq!(one, of("Intel Xeon", "avx avx2 avx512f fpu pni"));
        assert_ne!(one, of("AMD EPYC", "fpu pni avx"));
    }

    #[test]
    fn the_file_is_read_as_it_is_written() {
        let (folder, baseline) = (tempfile::tempdir().unwrap(), Baseline::new(machine(), &counts(7)));
        let path = folder.path().join("instructions.json");
        baseline.write(&path).unwrap();
        assert_eq!(Baseline::read(&path).unwrap(), baseline);
    }
}
