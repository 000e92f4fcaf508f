//! The data of the operator's page.

use std::sync::Arc;

use crate::{
    ground::Id,
    state::{
        blocks::Blocks, client::Client, operator_record::OperatorRecord, operator_session::OperatorSession,
        preauthorized::ApplicationId,
    },
};

/// The operator's page.
pub struct OperatorPage {
    /// The operator.
    pub session: OperatorSession,
    /// The id of the page's forms. The first that is sent spends it.
    pub form: Id,
    /// One page of the applications, the one used last first.
    pub applications: Vec<ListedApplication>,
    /// Where the list goes on, sealed; `None` after the last application.
    pub next: Option<String>,
    /// The applications that get their tokens from Entra themselves.
    pub entra_applications: Vec<ListedEntraApplication>,
    /// The blocks.
    pub blocks: Arc<Blocks>,
    /// One page of the decisions of operators, the newest first.
    pub records: Vec<OperatorRecord>,
    /// Where the list of earlier decisions goes on, sealed; `None` after the first decision.
    pub earlier: Option<String>,
}

/// An application, as an operator sees it.
pub struct ListedApplication {
    /// The client.
    pub client: Client,
    /// Whether a block concerns it.
    pub blocked: bool,
}

/// An application that gets its tokens from Entra itself.
pub struct ListedEntraApplication {
    /// Its application id.
    pub application: ApplicationId,
    /// Whether it is blocked.
    pub blocked: bool,
}
