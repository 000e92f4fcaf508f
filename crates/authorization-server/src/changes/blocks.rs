//! The operator's blocks: read every 20 seconds for requests, anew for a redemption, and changed on the operator's page.

use std::sync::Arc;

use time::OffsetDateTime;

use super::{Change, change};
use crate::{
    block_copy::Copy,
    ground::{Id, Unavailable},
    server::AuthorizationServer,
    state::{
        blocks::{Blocks, TooManyBlocks, Verdict},
        client::Client,
    },
};

/// Why the blocks are not changed.
#[derive(Debug)]
pub(crate) enum BlocksError {
    /// There are too many.
    TooMany,
    /// The store is down.
    Unavailable(Unavailable),
}

impl From<Unavailable> for BlocksError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<TooManyBlocks> for BlocksError {
    fn from(TooManyBlocks: TooManyBlocks) -> Self {
        Self::TooMany
    }
}

impl AuthorizationServer {
    /// The blocks, as they were less than a minute ago. If the store answers, less than 20 seconds.
    pub async fn blocks(&self) -> Result<Arc<Blocks>, Unavailable> {
        match self.block_copy.at(self.now()) {
            Copy::Fresh(blocks) => Ok(blocks),
            Copy::Due(believed) => match self.read_blocks().await {
                Ok(blocks) => Ok(blocks),
                Err(unavailable) => believed.ok_or(unavailable),
            },
        }
    }

    /// The blocks as they stand in the store.
    pub(crate) async fn read_blocks(&self) -> Result<Arc<Blocks>, Unavailable> {
        let began = self.now();
        let stored = self.ports.blocks.get(&()).await?;
        let blocks = Arc::new(stored.map(|stored| stored.value).unwrap_or_default());
        self.block_copy.keep(Arc::clone(&blocks), began);
        Ok(blocks)
    }

    /// Changes the blocks. This process obeys them at once.
    pub(crate) async fn change_blocks(
        &self,
        decide: impl Fn(Blocks) -> Result<Blocks, TooManyBlocks>,
    ) -> Result<(), BlocksError> {
        let decide = |blocks: Option<Blocks>| Ok(Change::Write(decide(blocks.unwrap_or_default())?, ()));
        change::<_, _, BlocksError>(self.ports.blocks.as_ref(), &(), decide).await?;
        self.read_blocks().await?;
        Ok(())
    }

    /// The operator's verdict about a grant of this client that was made at this time.
    ///
    /// The client's record is read only while a block names a host, and is then believed for five minutes.
    pub(crate) async fn operator_verdict(&self, client: Id, made_at: OffsetDateTime) -> Result<Verdict, Unavailable> {
        let blocks = self.blocks().await?;
        if !blocks.need_clients() {
            return Ok(blocks.judge(client, None, made_at));
        }
        let record = self.known_client(client).await?;
        Ok(blocks.judge(client, record.as_deref(), made_at))
    }

    /// The same verdict, by the blocks and the client's record as they stand in the store.
    pub(crate) async fn newest_verdict(&self, client: Id, made_at: OffsetDateTime) -> Result<Verdict, Unavailable> {
        let blocks = self.read_blocks().await?;
        let record = if blocks.need_clients() { self.ports.clients.get(&client).await? } else { None };
        Ok(blocks.judge(client, record.as_ref().map(|stored| &stored.value), made_at))
    }

    async fn known_client(&self, key: Id) -> Result<Option<Arc<Client>>, Unavailable> {
        let now = self.now();
        if let Some(known) = self.block_copy.clients.get(&key, now) {
            return Ok(Some(known));
        }
        let client = self.ports.clients.get(&key).await?.map(|stored| Arc::new(stored.value));
        if let Some(client) = &client {
            self.block_copy.clients.put(key, Arc::clone(client), now);
        }
        Ok(client)
    }
}
