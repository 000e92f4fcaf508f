// OpenAI's Agents SDK for Python, in an application that keeps its tokens in a file.
import { checkClient } from '../../lib/client-checks.mjs';
import { pythonClient } from '../../lib/python-client.mjs';

checkClient({ name: 'openai-agents', transports: ['http', 'sse'], ...pythonClient('agents', 'agents_client.py') });
