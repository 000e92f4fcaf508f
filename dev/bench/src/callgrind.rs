//! Valgrind's callgrind: it counts the instructions that a process executes, whatever else happens on the machine.

use std::{
    error::Error,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// Where callgrind writes its counts.
pub(crate) struct Callgrind {
    pub(crate) valgrind: PathBuf,
    version: String,
    folder: TempDir,
}

impl Callgrind {
    /// `None` where valgrind is missing.
    pub(crate) fn find() -> Result<Option<Self>, Box<dyn Error>> {
        let said = |words: &str| {
            let output = Command::new("sh").args(["-c", words]).stderr(Stdio::null()).output().ok()?;
            output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let (Some(valgrind), Some(version)) =
            (said("command -v vgdb > /dev/null && command -v valgrind"), said("valgrind --version"))
        else {
            return Ok(None);
        };
        Ok(Some(Self { valgrind: valgrind.into(), version, folder: tempfile::tempdir()? }))
    }

    /// `valgrind-3.19.0`, for example.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The words for valgrind that count what this program does.
    pub(crate) fn words(&self, program: &Path) -> Vec<OsString> {
        let mut file = OsString::from("--callgrind-out-file=");
        file.push(self.folder.path().join("%p"));
        vec!["--tool=callgrind".into(), file, self.prefix(), program.into()]
    }

    /// Where vgdb finds the process: not in TMPDIR, which a program without an environment does not know.
    fn prefix(&self) -> OsString {
        let mut prefix = OsString::from("--vgdb-prefix=");
        prefix.push(self.folder.path().join("vgdb"));
        prefix
    }

    /// The settings of a program that is counted. One worker: how several share the work depends on time.
    pub(crate) const SETTINGS: [(&str, &str); 1] = [("TOKIO_WORKER_THREADS", "1")];

    /// Begins to count anew.
    pub(crate) fn zero(&self, id: u32) -> Result<(), Box<dyn Error>> {
        self.tell(id, "zero")
    }

    /// The instructions since then. The next count begins anew.
    pub(crate) fn count(&self, id: u32) -> Result<u64, Box<dyn Error>> {
        self.tell(id, "dump")?;
        let (mut newest, prefix) = ((0, None), format!("{id}."));
        for entry in fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let number = name.strip_prefix(&prefix).and_then(|number| number.parse().ok()).unwrap_or(0);
            newest = newest.max((number, Some(path)));
        }
        let text = fs::read_to_string(newest.1.ok_or("callgrind wrote nothing")?)?;
        Ok(total(&text).ok_or("callgrind's file has no total")?)
    }

    fn tell(&self, id: u32, what: &str) -> Result<(), Box<dyn Error>> {
        let output = Command::new("vgdb").arg(self.prefix()).args([&format!("--pid={id}"), what]).output()?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
    }
}

/// `summary:` has what was executed since the count before.
fn total(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("summary: "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_of_a_file_is_read() {
        assert_eq!(total("version: 1\nevents: Ir\nsummary: 669357\nfn=(1)\n0 12\ntotals: 707253\n"), Some(669_357));
        assert_eq!(total("version: 1\n"), None);
    }
}
