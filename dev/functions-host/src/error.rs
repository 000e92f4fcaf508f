use std::{io, path::PathBuf, process::ExitStatus};

/// Why the host did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or folder of the function app could not be read.
    #[error("{}: {}", .0.display(), .1)]
    Read(PathBuf, #[source] io::Error),
    /// A file of the function app could not be written.
    #[error("{} cannot be written: {}", .0.display(), .1)]
    Write(PathBuf, #[source] io::Error),
    /// A file of the function app says something that this host does not implement, or that the real one refuses: the fault.
    #[error("{}: {}", .0.display(), .1)]
    NotImplemented(PathBuf, String),
    /// There is no handler where one is named.
    #[error("the handler {} cannot be run: {reason}. {named_by} names it", path.display())]
    NoHandler {
        /// Where it should be.
        path: PathBuf,
        /// The setting or file.
        named_by: &'static str,
        /// The fault.
        reason: String,
    },
    /// The public listener or the choice of a handler's port failed.
    #[error("cannot listen: {0}")]
    Listen(#[source] io::Error),
    /// The handler could not be run.
    #[error("cannot run {}: {}", .0.display(), .1)]
    Run(PathBuf, #[source] io::Error),
    /// A handler ended before it answered `GET /`.
    #[error("handler {index} ended before it was ready ({status}); its last lines:\n{output}")]
    Exited {
        /// Which handler, from 0.
        index: usize,
        /// Its exit code or signal.
        status: ExitStatus,
        /// The last lines it wrote to stdout and stderr.
        output: String,
    },
    /// A handler did not answer `GET /` within 30 seconds.
    #[error("handler {index} does not answer GET /; its last lines:\n{output}")]
    NotReady {
        /// Which handler, from 0.
        index: usize,
        /// The last lines it wrote to stdout and stderr.
        output: String,
    },
}
