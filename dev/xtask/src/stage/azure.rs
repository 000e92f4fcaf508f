//! The emulator of Cosmos DB, and several handlers that use it and Key Vault through the Azure SDKs.

use crate::{command, tally::Tally, workspace::Workspace};

const HANDLER: &str = "build --bin handler";
const TESTS: &str = "test --no-fail-fast --test emulator --test azure --test event_log";

pub(super) fn run(workspace: &Workspace) -> Tally {
    if !command::run(&mut workspace.cargo(HANDLER)) {
        return Tally::FAILED;
    }
    command::tests(&mut workspace.cargo(TESTS))
}
