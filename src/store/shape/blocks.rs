//! The operator's blocks, one item of `operator`.

use authorization_server::{
    ground::Id,
    state::{
        blocks::{Block, BlockTarget, Blocks},
        preauthorized::ApplicationId,
    },
};
use oauth_protocol::client_id_url::ClientIdUrl;
use serde::{Deserialize, Serialize, de::Error as _};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Shape, check_schema};
use crate::ports::records::{Address, Container};

const SCHEMA: u32 = 1;
/// Its id and its partition.
const ITEM: &str = "blocks";

#[derive(Serialize, Deserialize)]
struct BlocksShape {
    schema: u32,
    id: String,
    kind: String,
    blocked: Vec<BlockShape>,
    ended: Vec<BlockShape>,
}

#[derive(Serialize, Deserialize)]
struct BlockShape {
    target: TargetShape,
    #[serde(with = "time::serde::timestamp::milliseconds")]
    at: OffsetDateTime,
}

/// A target; also in the records of what operators did.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TargetShape {
    Registration(Id),
    Document(String),
    DocumentHost(String),
    RedirectHost(String),
    EntraApplication(ApplicationId),
}

impl From<&BlockTarget> for TargetShape {
    fn from(target: &BlockTarget) -> Self {
        match target {
            BlockTarget::Registration(id) => Self::Registration(*id),
            BlockTarget::Document(url) => Self::Document(url.as_str().to_owned()),
            BlockTarget::DocumentHost(host) => Self::DocumentHost(host.clone()),
            BlockTarget::RedirectHost(host) => Self::RedirectHost(host.clone()),
            BlockTarget::EntraApplication(id) => Self::EntraApplication(id.clone()),
        }
    }
}

impl TryFrom<TargetShape> for BlockTarget {
    type Error = serde_json::Error;

    fn try_from(shape: TargetShape) -> serde_json::Result<Self> {
        Ok(match shape {
            TargetShape::Registration(id) => Self::Registration(id),
            TargetShape::Document(url) => Self::Document(ClientIdUrl::parse(&url).map_err(serde_json::Error::custom)?),
            TargetShape::DocumentHost(host) => Self::DocumentHost(host),
            TargetShape::RedirectHost(host) => Self::RedirectHost(host),
            TargetShape::EntraApplication(id) => Self::EntraApplication(id),
        })
    }
}

fn encode(block: &Block) -> BlockShape {
    BlockShape { target: TargetShape::from(&block.target), at: block.at }
}

fn decode(shape: BlockShape) -> serde_json::Result<Block> {
    Ok(Block::new(shape.target.try_into()?, shape.at))
}

impl Shape for Blocks {
    fn address((): &()) -> Address {
        Address { container: Container::Operator, partition: ITEM.to_owned(), id: ITEM.to_owned() }
    }

    fn encode(&self) -> serde_json::Result<Value> {
        serde_json::to_value(BlocksShape {
            schema: SCHEMA,
            id: ITEM.to_owned(),
            kind: ITEM.to_owned(),
            blocked: self.blocked().iter().map(encode).collect(),
            ended: self.ended().iter().map(encode).collect(),
        })
    }

    fn decode(body: Value) -> serde_json::Result<Self> {
        let BlocksShape { schema, blocked, ended, .. } = serde_json::from_value(body)?;
        check_schema(schema, SCHEMA)?;
        let read = |shapes: Vec<BlockShape>| shapes.into_iter().map(decode).collect::<serde_json::Result<Vec<_>>>();
        Ok(Self::stored(read(blocked)?, read(ended)?))
    }
}
