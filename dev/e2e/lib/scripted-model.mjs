// A model that has no mind: over the chat completions of OpenAI's API it calls the tool that it is told to, and says
// what tools there are. It only streams. Clients that call tools only for a model are run with it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

/** Listens until the test ends; the base URL. */
export async function scriptedModel(t) {
  const server = createServer(async (request, response) => {
    const { messages, tools = [], stream } = await json(request);
    if (!stream) return response.writeHead(501).end();
    const names = tools.map(({ function: { name } }) => name);
    const answered = messages.some(({ role }) => role === 'tool');
    const asked = JSON.stringify(messages.filter(({ role }) => role === 'user'));
    const told = names.find((name) => asked.includes(name));
    return reply(response, told && !answered ? call(told) : { content: JSON.stringify(names) });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/v1`;
}

function call(name) {
  return { tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name, arguments: '{}' } }] };
}

function reply(response, message) {
  const chunk = (choice, more) => {
    const answer = { id: 'answer', object: 'chat.completion.chunk', created: 1, model: 'scripted', choices: [{ index: 0, ...choice }] };
    return `data: ${JSON.stringify({ ...answer, ...more })}\n\n`;
  };
  const finish_reason = message.tool_calls ? 'tool_calls' : 'stop';
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk({ delta: { role: 'assistant', ...message }, finish_reason: null }));
  response.end(`${chunk({ delta: {}, finish_reason }, { usage })}data: [DONE]\n\n`);
}
