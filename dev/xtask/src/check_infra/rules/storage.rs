//! The storage account has no keys, and nothing in it is public.

use super::{Rule, Rules};

const ACCOUNT: &str = "Microsoft.Storage/storageAccounts";

pub(super) const RULES: Rules = &[
    ("storage-keys-off", Rule::Property(ACCOUNT, "/properties/allowSharedKeyAccess", "false")),
    ("storage-blobs-not-public", Rule::Property(ACCOUNT, "/properties/allowBlobPublicAccess", "false")),
    ("storage-https-only", Rule::Property(ACCOUNT, "/properties/supportsHttpsTrafficOnly", "true")),
    ("storage-tls-1.2", Rule::Property(ACCOUNT, "/properties/minimumTlsVersion", "\"TLS1_2\"")),
];
