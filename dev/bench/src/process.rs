//! A server's process, and the time of the processor that it has taken.

use std::{
    error::Error,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// The kernel counts a process's time in hundredths of a second on every Linux (`USER_HZ`, `proc_pid_stat(5)`).
const TICKS_PER_SECOND: f64 = 100.0;

/// A process that is killed when this is dropped.
pub(crate) struct Process(Child);

impl Process {
    /// Starts a server that prints its address, and returns that, too.
    pub(crate) fn start(program: &Path, words: &[&str]) -> Result<(Self, String), Box<dyn Error>> {
        let mut child = Command::new(program).args(words).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("no output")?;
        let process = Self(child);
        let mut address = String::new();
        BufReader::new(output).read_line(&mut address)?;
        Ok((process, address.trim().to_owned()))
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Seconds of the processor that a process has taken.
pub(crate) fn seconds(id: u32) -> Result<f64, Box<dyn Error>> {
    Ok(seconds_of(&fs::read_to_string(format!("/proc/{id}/stat"))?).ok_or("/proc/PID/stat has another form")?)
}

/// `utime` and `stime` are the 14th and 15th field; the second is the program's name, which may have spaces.
fn seconds_of(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u32>().ok());
    let ticks: Option<Vec<u32>> = ticks.collect();
    let ticks = ticks.filter(|ticks| ticks.len() == 2)?;
    Some(ticks.into_iter().map(f64::from).sum::<f64>() / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added_whatever_the_programs_name() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 100 0 0 0 250 125 9 9 20 0 3 0 1 2 3";
        assert_eq!(seconds_of(stat), Some(3.75));
        assert_eq!(seconds_of("7 (a) S 1 7"), None);
        assert_eq!(seconds_of(""), None);
    }

    #[test]
    fn the_kernel_counts_this_process() {
        assert!(seconds(std::process::id()).unwrap() >= 0.0);
    }
}
