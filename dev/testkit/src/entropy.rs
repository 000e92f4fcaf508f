//! Randomness that is the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use authorization_server::ground::Entropy;
use sha2::{Digest as _, Sha256};

/// SHA-256 of the seed and a counter: every block differs, and the seed says them all.
pub struct SeededEntropy {
    seed: u64,
    blocks: AtomicU64,
}

impl SeededEntropy {
    /// Entropy that this seed determines.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, blocks: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let block = self.blocks.fetch_add(1, Ordering::Relaxed);
            let hash = Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(block.to_be_bytes()).finalize();
            chunk.iter_mut().zip(hash).for_each(|(byte, random)| *byte = random);
        }
    }
}
