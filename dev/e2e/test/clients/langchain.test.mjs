// LangChain's MCP adapters, in an application that keeps its tokens in a file.
import { checkClient } from '../../lib/client-checks.mjs';
import { pythonClient } from '../../lib/python-client.mjs';

checkClient({ name: 'langchain-mcp-adapters', transports: ['http', 'sse'], ...pythonClient('langchain', 'langchain_client.py') });
