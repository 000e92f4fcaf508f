//! local-tenant.
