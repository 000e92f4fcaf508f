//! The handlers' processes.

use std::path::Path;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

/// Seconds of the processor of all children that run this program, and the memory of the largest.
#[must_use]
pub(crate) fn children(program: &Path) -> (f64, u64) {
    let mut system = System::new();
    let kinds = ProcessRefreshKind::nothing().with_cpu().with_memory().with_exe(UpdateKind::Always);
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, kinds);
    let parent = Pid::from_u32(std::process::id());
    let name = program.file_name();
    let children = system.processes().values().filter(|process| {
        let is_program = process.exe().is_some_and(|exe| exe.file_name() == name);
        process.parent() == Some(parent) && process.thread_kind().is_none() && is_program
    });
    children.fold((0.0, 0), |(milliseconds, memory), process| {
        #[expect(clippy::cast_precision_loss, reason = "far fewer milliseconds than 2^52")]
        let more = process.accumulated_cpu_time() as f64;
        (milliseconds + more / 1_000.0, memory.max(process.memory()))
    })
}
