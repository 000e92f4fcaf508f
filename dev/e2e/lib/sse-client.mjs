// The TypeScript SDK 1.x over HTTP+SSE.
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { sdkClient } from './sdk-client.mjs';

const sdk = { Client, Transport: SSEClientTransport, UnauthorizedError };

export const { connect, connectBySigningIn } = sdkClient(sdk, (server) => `${server.mcp}/sse`);
