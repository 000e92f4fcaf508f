//! Decisions of the operator, noted once they have taken effect.

use crate::{
    ground::{Advanced, Stored, Unavailable},
    server::AuthorizationServer,
    state::operator_record::OperatorRecord,
};

impl AuthorizationServer {
    /// Notes that the decision has taken effect. Returns whether this write noted it: of two clicks at once, only one does.
    pub(crate) async fn note_effect(&self, recorded: Stored<OperatorRecord>) -> Result<bool, Unavailable> {
        let noted = OperatorRecord { took_effect: true, ..recorded.value };
        let advanced = self.ports.operator_records.advance(&recorded.version, noted).await?;
        Ok(matches!(advanced, Advanced::Done(_)))
    }
}
