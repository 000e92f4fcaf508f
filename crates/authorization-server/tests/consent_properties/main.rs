//! Browsers, clients and owners in any interleaving, beside an oracle that knows only who clicked what, where and when.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a failed test")]

mod codes;
mod oracle;
mod questions;
mod step;
mod world;

use proptest::{prelude::*, test_runner::TestCaseResult};

use crate::{
    step::{Step, steps},
    world::World,
};

async fn run(steps: &[Step]) -> TestCaseResult {
    let mut world = World::new().await;
    for step in steps {
        world.take(*step).await?;
        world.agrees_with_the_store()?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_token_without_its_owners_consent_and_what_was_revoked_stays_revoked(steps in steps()) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(run(&steps))?;
    }
}
