// The client of most tests: the TypeScript SDK 1.x over Streamable HTTP.
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { sdkClient } from './sdk-client.mjs';

const sdk = { Client, Transport: StreamableHTTPClientTransport, UnauthorizedError };

export const { connect, connectBySigningIn, authorize, challenge } = sdkClient(sdk, (server) => server.mcp);
export { callTool, TOOLS } from './sdk-client.mjs';
