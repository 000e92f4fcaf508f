//! The blocks of the operator, and the grants that the operator has ended: one document for the whole deployment.

use oauth_protocol::client_id_url::ClientIdUrl;
use time::{Duration, OffsetDateTime};

pub use super::block_target::BlockTarget;
use super::{client::Client, preauthorized::ApplicationId};
use crate::ground::{
    Id, Record,
    lifetimes::{GRANT_LIFETIME, no_end},
};

/// The most entries of each kind. With them the document has less than a tenth of what Cosmos DB stores in one item.
pub const MAX_BLOCKS: usize = 500;

/// Grants that are made within this time after the decision end, too: another process may make one between the decision and the moment
/// when it is written, and clocks differ.
pub const ENDED_AHEAD: Duration = Duration::seconds(15);

/// A target, and when the operator decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The applications.
    pub target: BlockTarget,
    /// The time of the block.
    pub at: OffsetDateTime,
    /// The key of the client, if the target is one client.
    key: Option<Id>,
}

/// The one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocks {
    blocked: Vec<Block>,
    ended: Vec<Block>,
}

/// The verdict of the document about a grant, or about a request for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No entry concerns it.
    Allowed,
    /// It was made before the operator ended all grants of its application.
    Ended,
    /// Its application is blocked.
    Blocked,
}

/// The document has as many entries as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyBlocks;

impl Block {
    /// Decided now.
    #[must_use]
    pub fn new(target: BlockTarget, at: OffsetDateTime) -> Self {
        Self { key: target.client(), target, at }
    }

    /// A client without a record may have had any host. It can get no further tokens, so those that it has are refused.
    fn names(&self, key: Id, client: Option<&Client>, made_at: OffsetDateTime) -> bool {
        let names_host = |client: &Client| self.target.names_host_of(client, made_at);
        self.key == Some(key) || client.map_or(self.target.needs_client(), names_host)
    }
}

impl Blocks {
    /// The document as it was stored.
    #[must_use]
    pub fn stored(blocked: Vec<Block>, ended: Vec<Block>) -> Self {
        Self { blocked, ended }
    }

    /// The blocks, the newest last.
    #[must_use]
    pub fn blocked(&self) -> &[Block] {
        &self.blocked
    }

    /// The applications whose grants were ended, the newest last.
    #[must_use]
    pub fn ended(&self) -> &[Block] {
        &self.ended
    }

    /// Whether the record of a client is needed to judge it. Only blocks of hosts need it.
    #[must_use]
    pub fn need_clients(&self) -> bool {
        self.blocked.iter().chain(&self.ended).any(|block| block.target.needs_client())
    }

    /// Judges a grant that was decided or made at this time, by the key of its client and by its record, which only blocks of
    /// hosts need; `None` if there is none.
    #[must_use]
    pub fn judge(&self, key: Id, client: Option<&Client>, made_at: OffsetDateTime) -> Verdict {
        let names = |entry: &Block| entry.names(key, client, made_at);
        if self.blocked.iter().any(names) {
            Verdict::Blocked
        } else if self.ended.iter().any(|ended| made_at <= ended.at + ENDED_AHEAD && names(ended)) {
            Verdict::Ended
        } else {
            Verdict::Allowed
        }
    }

    /// Whether this client is blocked now.
    #[must_use]
    pub fn block_client(&self, client: &Client, now: OffsetDateTime) -> bool {
        self.judge(client.id, Some(client), now) == Verdict::Blocked
    }

    /// Whether a metadata document may be fetched for a client that is not known yet.
    #[must_use]
    pub fn allow_document(&self, url: &ClientIdUrl) -> bool {
        !self.blocked.iter().any(|block| match &block.target {
            BlockTarget::Document(blocked) => blocked == url,
            BlockTarget::DocumentHost(host) => host == url.host(),
            BlockTarget::Registration(_) | BlockTarget::RedirectHost(_) | BlockTarget::EntraApplication(_) => false,
        })
    }

    /// Whether the keys of a client may be fetched from this host.
    #[must_use]
    pub fn allow_keys_at(&self, host: &str) -> bool {
        let names = |block: &Block| matches!(&block.target, BlockTarget::DocumentHost(blocked) if blocked == host);
        !self.blocked.iter().any(names)
    }

    /// Whether tokens that this application got from Entra itself are refused.
    #[must_use]
    pub fn block_entra_application(&self, application: &ApplicationId) -> bool {
        let names =
            |block: &Block| matches!(&block.target, BlockTarget::EntraApplication(other) if other == application);
        self.blocked.iter().any(names)
    }

    /// The same blocks and one more. A target that is blocked already stays as it is.
    pub fn with_block(mut self, target: BlockTarget, now: OffsetDateTime) -> Result<Self, TooManyBlocks> {
        if self.blocked.iter().any(|block| block.target == target) {
            return Ok(self);
        }
        if self.blocked.len() >= MAX_BLOCKS {
            return Err(TooManyBlocks);
        }
        self.blocked.push(Block::new(target, now));
        Ok(self)
    }

    /// Without the block of this target.
    #[must_use]
    pub fn without_block(mut self, target: &BlockTarget) -> Self {
        self.blocked.retain(|block| block.target != *target);
        self
    }

    /// All grants of these applications that were made until now are ended. An entry is dropped when every grant that it
    /// concerns has expired.
    pub fn with_ended(mut self, target: BlockTarget, now: OffsetDateTime) -> Result<Self, TooManyBlocks> {
        self.ended.retain(|ended| now < ended.at + GRANT_LIFETIME && ended.target != target);
        if self.ended.len() >= MAX_BLOCKS {
            return Err(TooManyBlocks);
        }
        self.ended.push(Block::new(target, now));
        Ok(self)
    }
}

impl Record for Blocks {
    type Key = ();
    fn key(&self) {}
    /// A block stands until it is lifted.
    fn expires_at(&self) -> OffsetDateTime {
        no_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::client::{ClientId, Document, Origin, example::registered};

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const URL: &str = "https://publisher.example/client.json";

    fn url() -> ClientIdUrl {
        ClientIdUrl::parse(URL).unwrap()
    }

    fn published() -> Client {
        let origin = Origin::Document(Document { url: url(), fresh_until: NOW, keys: None, former_hosts: Vec::new() });
        Client { id: ClientId::Document(url()).key(), origin, ..registered(&["http://127.0.0.1/cb"]) }
    }

    fn blocks(target: BlockTarget, client: &Client) -> bool {
        let blocks = Blocks::default().with_block(target, NOW).unwrap();
        blocks.block_client(client, NOW)
    }

    #[test]
    fn a_block_of_one_client_needs_no_record_and_means_no_other() {
        for (target, id, other) in [
            (BlockTarget::of(&registered(&[])), registered(&[]).id, published().id),
            (BlockTarget::of(&published()), published().id, registered(&[]).id),
        ] {
            let blocks = Blocks::default().with_block(target, NOW).unwrap();
            assert!(!blocks.need_clients());
            assert_eq!(blocks.judge(id, None, NOW), Verdict::Blocked);
            assert_eq!(blocks.judge(other, None, NOW), Verdict::Allowed);
        }
    }

    #[test]
    fn lifting_a_block_removes_no_other_block_and_no_end() {
        let target = |host: &str| BlockTarget::RedirectHost(host.to_owned());
        let blocked = ["one.example", "other.example"].map(|host| Block::new(target(host), NOW));
        let ended = vec![Block::new(target("ended.example"), NOW)];
        let blocks = Blocks::stored(blocked.to_vec(), ended.clone());
        assert_eq!((blocks.blocked(), blocks.ended()), (&blocked[..], &ended[..]));
        let lifted = blocks.without_block(&target("one.example"));
        assert_eq!((lifted.blocked(), lifted.ended()), (&blocked[1..], &ended[..]));
    }

    #[test]
    fn a_host_of_documents_means_the_clients_that_are_published_there() {
        let target = |host: &str| BlockTarget::DocumentHost(host.to_owned());
        assert!(blocks(target("publisher.example"), &published()));
        assert!(!blocks(target("example"), &published()), "not the hosts below");
        assert!(!blocks(target("client.example"), &registered(&["https://client.example/cb"])));
    }

    #[test]
    fn a_redirect_host_means_https_uris_of_exactly_that_host() {
        let target = |host: &str| BlockTarget::RedirectHost(host.to_owned());
        assert!(blocks(
            target("client.example"),
            &registered(&["http://127.0.0.1/cb", "https://client.example:8443/cb"])
        ));
        assert!(blocks(target("client.example"), &registered(&["https://client.example./cb"])), "the same name");
        assert_eq!(BlockTarget::parse("redirect-host", "Client_1.Example."), Some(target("client_1.example")));
        assert!(!blocks(target("example"), &registered(&["https://client.example/cb"])));
        assert!(!blocks(target("127.0.0.1"), &registered(&["http://127.0.0.1/cb"])), "that is everybody's computer");
        assert!(!blocks(target("publisher.example"), &published()));
    }

    #[test]
    fn a_block_of_a_host_needs_the_record_of_a_client() {
        let client = registered(&["https://client.example/cb"]);
        let blocks = Blocks::default().with_block(BlockTarget::RedirectHost("client.example".into()), NOW).unwrap();
        assert!(blocks.need_clients());
        assert_eq!(blocks.judge(client.id, Some(&registered(&["https://other.example/cb"])), NOW), Verdict::Allowed);
        assert_eq!(blocks.judge(client.id, None, NOW), Verdict::Blocked, "it may have had that host");
        let ended = Blocks::default().with_ended(BlockTarget::DocumentHost("client.example".into()), NOW).unwrap();
        assert_eq!(ended.judge(client.id, None, NOW), Verdict::Ended);
        assert_eq!(ended.judge(client.id, None, NOW + Duration::HOUR), Verdict::Allowed);
    }

    #[test]
    fn a_document_is_not_fetched_if_it_or_its_host_is_blocked() {
        for (target, allowed) in [
            (BlockTarget::Document(url()), false),
            (BlockTarget::DocumentHost("publisher.example".into()), false),
            (BlockTarget::DocumentHost("other.example".into()), true),
            (BlockTarget::RedirectHost("publisher.example".into()), true),
        ] {
            let blocks = Blocks::default().with_block(target.clone(), NOW).unwrap();
            assert_eq!(blocks.allow_document(&url()), allowed, "{target:?}");
        }
    }

    #[test]
    fn an_application_of_entra_is_named_in_any_case_and_is_no_client_of_ours() {
        let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
        let application = |text: &str| ApplicationId::parse(text).unwrap();
        let blocks = Blocks::default().with_block(BlockTarget::EntraApplication(application(id)), NOW).unwrap();
        assert!(blocks.block_entra_application(&application(&id.to_uppercase())));
        assert!(!blocks.block_entra_application(&application("0f8fad5b-d9cb-469f-a165-70867728950f")));
        assert_eq!(blocks.judge(published().id, Some(&published()), NOW), Verdict::Allowed);
    }

    #[test]
    fn grants_end_that_were_made_until_then_and_later_ones_do_not() {
        let (client, target) = (published(), BlockTarget::of(&published()));
        let blocks = Blocks::default().with_ended(target.clone(), NOW).unwrap();
        assert_eq!(blocks.judge(client.id, None, NOW + ENDED_AHEAD), Verdict::Ended);
        assert_eq!(blocks.judge(client.id, None, NOW + ENDED_AHEAD + Duration::MILLISECOND), Verdict::Allowed);
        let later = blocks.with_ended(target.clone(), NOW + Duration::HOUR).unwrap();
        assert_eq!((later.ended().len(), later.ended()[0].at), (1, NOW + Duration::HOUR));
        let other = BlockTarget::DocumentHost("other.example".into());
        let dropped = later.with_ended(other.clone(), NOW + Duration::HOUR + GRANT_LIFETIME).unwrap();
        assert_eq!(dropped.ended().iter().map(|ended| &ended.target).collect::<Vec<_>>(), [&other]);
    }

    #[test]
    fn a_block_stands_until_it_is_lifted_and_keeps_its_first_time() {
        let target = BlockTarget::of(&published());
        let twice = Blocks::default().with_block(target.clone(), NOW).unwrap();
        let twice = twice.with_block(target.clone(), NOW + Duration::HOUR).unwrap();
        assert_eq!((twice.blocked().len(), twice.blocked()[0].at), (1, NOW));
        assert_eq!(twice.without_block(&target).blocked(), []);
    }

    #[test]
    fn a_target_is_read_back_from_its_kind_and_value() {
        for (kind, value, read) in [
            ("registration", "AQEBAQEBAQEBAQEBAQEBAQ", "AQEBAQEBAQEBAQEBAQEBAQ"),
            ("document", URL, URL),
            ("document-host", " Publisher.Example ", "publisher.example"),
            ("redirect-host", "client.example", "client.example"),
            ("entra-application", "0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ] {
            let target = BlockTarget::parse(kind, value).unwrap();
            assert_eq!((target.kind(), target.value().as_str()), (kind, read));
        }
    }

    #[test]
    fn a_name_an_address_or_half_an_id_is_no_target() {
        for (kind, value) in [
            ("name", "Client"),
            ("", "client.example"),
            ("registration", "client"),
            ("document", "http://client.example/a"),
            ("document-host", "https://client.example"),
            ("document-host", "*.example"),
            ("redirect-host", "localhost"),
            ("redirect-host", "client.example:443"),
            ("redirect-host", "client..example"),
            ("redirect-host", "<b>.example"),
            ("entra-application", "0f8fad5b"),
            ("entra-application", "0f8fad5b-d9cb-469f-a165-70867728950g"),
        ] {
            assert_eq!(BlockTarget::parse(kind, value), None, "{kind} {value}");
        }
    }

    #[test]
    fn blocks_outlive_every_grant() {
        assert!(Blocks::default().expires_at() > time::macros::datetime!(2500-01-01 0:00 UTC));
    }

    #[test]
    fn the_document_does_not_grow_without_end() {
        let host = |number: usize| BlockTarget::RedirectHost(format!("h{number}.example"));
        let mut blocks = Blocks::default();
        for number in 0..MAX_BLOCKS {
            blocks = blocks.with_block(host(number), NOW).unwrap().with_ended(host(number), NOW).unwrap();
        }
        assert_eq!(blocks.clone().with_block(host(MAX_BLOCKS), NOW), Err(TooManyBlocks));
        assert_eq!(blocks.clone().with_ended(host(MAX_BLOCKS), NOW), Err(TooManyBlocks));
        assert!(blocks.clone().with_block(host(0), NOW).is_ok() && blocks.with_ended(host(0), NOW).is_ok());
    }
}
