//! Errors at the start, for the person who typed the command.

use std::{io, path::PathBuf, process::ExitStatus};

use cosmos_emulator::StartError as CosmosError;
use local_tenant::{ListenError, StartError as TenantError};

use crate::port::{PortTaken, Purpose};

/// Each message says what to do, if anything can be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    PortTaken(#[from] PortTaken),
    #[error("Cosmos DB did not start: {0}")]
    Cosmos(#[source] CosmosError),
    #[error(
        "the folder {} is in use by another `cargo local`.\n\
         Stop it, or choose another folder: cargo local --data DIR", .0.display()
    )]
    DataInUse(PathBuf),
    #[error("the folder {} cannot be used: {source}\nChoose another: cargo local --data DIR", .folder.display())]
    Data { folder: PathBuf, source: io::Error },
    #[error("port {0} on 127.0.0.1 cannot be opened: {1}\nChoose another: cargo local --port N")]
    Listen(u16, #[source] io::Error),
    #[error("cargo could not be started to build the handler: {0}")]
    Cargo(#[source] io::Error),
    #[error("the handler did not build; cargo's messages are above")]
    Build,
    #[error("the tenant did not start: {0}")]
    Tenant(#[source] TenantError),
    #[error("the client cannot be published: {0}\nBuild the workspace: cargo build --workspace")]
    Published(#[source] document_host::StartError),
    #[error("the handler did not start: {source}\nIts log is {}", .log.display())]
    Host { source: functions_host::StartError, log: PathBuf },
    #[error("local.settings.json in the repository root cannot be used: {0}\nRemove or repair it, then try again")]
    LocalSettings(#[source] functions_host::StartError),
    #[error("the package {} cannot be used: {source}\nMake it: cargo xtask package", .folder.display())]
    Package { folder: PathBuf, source: functions_host::StartError },
    #[error("`func start` cannot be run: {0}")]
    Func(#[source] io::Error),
    #[error("`func start` ended ({0})")]
    FuncEnded(ExitStatus),
    #[error("cannot listen for signals: {0}")]
    Signals(#[source] io::Error),
}

impl StartError {
    /// Why nothing listens on the public port.
    pub(crate) fn listen(port: u16, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AddrInUse => PortTaken::new(port, Purpose::Server).into(),
            _ => Self::Listen(port, error),
        }
    }
}

impl From<CosmosError> for StartError {
    fn from(error: CosmosError) -> Self {
        match error {
            CosmosError::Listen(ListenError::PortTaken(port)) => PortTaken::new(port, Purpose::Cosmos).into(),
            error => Self::Cosmos(error),
        }
    }
}

impl From<TenantError> for StartError {
    fn from(error: TenantError) -> Self {
        match error {
            TenantError::Listen(ListenError::PortTaken(port)) => PortTaken::new(port, Purpose::Tenant).into(),
            error => Self::Tenant(error),
        }
    }
}
