use std::{io, path::PathBuf, process::ExitStatus};

/// Why the host did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file of the function app could not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file of the function app could not be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file of the function app says something that this host does not implement, or that the real one refuses.
    #[error("{}: {reason}", path.display())]
    NotImplemented {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
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
    #[error("cannot run {}: {source}", path.display())]
    Run {
        /// The executable.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
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
