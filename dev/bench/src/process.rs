//! A server's processes, and the time of the processor that they have taken.

use std::{
    error::Error,
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use stand_in::watchdog::Watchdog;

/// The kernel counts a process's time in hundredths of a second on every Linux (`USER_HZ`, `proc_pid_stat(5)`).
const TICKS_PER_SECOND: f64 = 100.0;
/// A server that hangs at its start must not hang the command.
const START_LIMIT: Duration = Duration::from_mins(3);

/// A process with a process group of its own, which is killed when this is dropped or when this program ends: its workers with
/// it.
pub(crate) struct Process {
    child: Child,
    _watchdog: Watchdog,
}

impl Process {
    /// Whether it has not ended.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Starts a program in a process group of its own.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let program = command.get_program().display().to_string();
        let child = command.process_group(0).spawn().map_err(|error| format!("{program}: {error}"))?;
        Ok(Self { _watchdog: Watchdog::over_group(child.id())?, child })
    }

    /// Starts a server, and returns the words of the first line that it prints. The first is its address.
    pub(crate) fn start(command: &mut Command) -> Result<(Self, Vec<String>), Box<dyn Error>> {
        let mut process = Self::spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()))?;
        let output = process.child.stdout.take().ok_or("no output")?;
        let (sender, line) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(output).read_line(&mut line);
            let _ = sender.send(line);
        });
        let line = line.recv_timeout(START_LIMIT).map_err(|_| "it printed no address in time")?;
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() { Err("it ended before it printed its address".into()) } else { Ok((process, words)) }
    }

    /// Its id, which is that of its process group.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Not the program `kill`: that of procps reads `-123` as `-1`, which is every process.
        let group = self.id().to_string();
        let _ = Command::new("sh").args(["-c", r#"kill -KILL "-$1""#, "kill", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

/// Seconds of the processor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Seconds {
    pub(crate) all: f64,
    /// Those in the kernel.
    pub(crate) kernel: f64,
}

impl Seconds {
    /// Those after `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self { all: self.all - before.all, kernel: self.kernel - before.kernel }
    }
}

/// Seconds of the processor that the processes of a process group have taken.
pub(crate) fn seconds(group: u32) -> Result<Seconds, Box<dyn Error>> {
    let stats = fs::read_dir("/proc")?.filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("stat")).ok());
    let of_group: Vec<Seconds> = stats.filter_map(|stat| seconds_of(&stat, group)).collect();
    let sum = |part: fn(&Seconds) -> f64| of_group.iter().map(part).sum();
    if of_group.is_empty() {
        Err(format!("no process of the group {group} runs").into())
    } else {
        Ok(Seconds { all: sum(|seconds| seconds.all), kernel: sum(|seconds| seconds.kernel) })
    }
}

/// The process group is the fifth field, and `utime` and `stime` are the 14th and 15th; the second is the program's name, which
/// may have spaces. `None`: another group.
fn seconds_of(stat: &str, group: u32) -> Option<Seconds> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u32>().ok();
    let [user, kernel] = [field(14)?, field(15)?].map(|ticks| f64::from(ticks) / TICKS_PER_SECOND);
    (field(5)? == group).then_some(Seconds { all: user + kernel, kernel })
}

/// A size in `/proc/PID/status`, in kB.
pub(crate) fn kilobytes(id: u32, name: &str) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    Ok(kilobytes_in(&status, name).ok_or_else(|| format!("/proc/PID/status has no {name}"))?)
}

fn kilobytes_in(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_the_program_and_of_the_kernel_are_added_whatever_the_programs_name() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 100 0 0 0 250 125 9 9 20 0 3 0 1 2 3";
        assert_eq!(seconds_of(stat, 7), Some(Seconds { all: 3.75, kernel: 1.25 }));
        assert_eq!(seconds_of(stat, 8), None, "another group");
        let (before, after) = (Seconds { all: 3.0, kernel: 1.0 }, Seconds { all: 3.75, kernel: 1.25 });
        assert_eq!(after.since(before), Seconds { all: 0.75, kernel: 0.25 });
        assert_eq!(seconds_of("7 (a) S 1 7", 7), None);
        assert_eq!(seconds_of("", 7), None);
    }

    #[tokio::test]
    async fn a_worker_counts_as_its_servers_and_ends_with_it() {
        let script = "sh -c 'while :; do :; done' & echo address $!; wait";
        let (server, words) = Process::start(Command::new("sh").args(["-c", script])).unwrap();
        let worker: u32 = words.get(1).unwrap().parse().unwrap();
        while seconds(server.id()).unwrap().all < 0.02 {
            std::thread::yield_now();
        }
        let stat = fs::read_to_string(format!("/proc/{worker}/stat")).unwrap();
        assert!(seconds_of(&stat, server.id()).is_some(), "{stat}");
        drop(server);
        // A process that was killed stays until init has heard of it.
        let runs = || fs::read_to_string(format!("/proc/{worker}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        while runs() {
            std::thread::yield_now();
        }
    }

    #[tokio::test]
    async fn a_program_that_prints_nothing_has_not_started() {
        assert!(Process::start(&mut Command::new("true")).is_err());
        assert!(Process::start(&mut Command::new("/no/such/program")).is_err());
    }

    #[test]
    fn the_kernel_counts_this_process() {
        assert_eq!(kilobytes_in("VmHWM:\t   23100 kB\nVmRSS:\t   1 kB\n", "VmHWM"), Some(23_100));
        assert_eq!(kilobytes_in("VmHWM:\t   23100 kB\n", "VmRSS"), None);
        assert!(kilobytes(std::process::id(), "VmRSS").unwrap() > 0);
    }
}
