//! remote-auth-mcp.
