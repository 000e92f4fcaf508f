// `cargo local` as a program: how it starts, refuses and stops.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { launch } from '../lib/browser.mjs';
import { test } from '../lib/check.mjs';
import { connected } from '../lib/connected.mjs';
import { heldPort } from '../lib/held-port.mjs';
import { children, ended, runs } from '../lib/processes.mjs';
import { spawnLocal, startServer } from '../lib/server.mjs';
import * as sse from '../lib/sse-client.mjs';

describe('cargo local', () => {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  async function started(t, options) {
    const server = await startServer(options);
    t.after(() => server.stop());
    return server;
  }

  /** Its handlers, as many as there must be at least. */
  function handlersOf(server, { azure } = {}) {
    const handlers = children(server.child.pid);
    assert.ok(handlers.length >= (azure ? 2 : 1));
    return handlers;
  }

  /** What it says, and how it ends, with a folder of its own unless the options name one. */
  async function refused(t, options) {
    const data = mkdtempSync(join(tmpdir(), 'e2e-'));
    t.after(() => rmSync(data, { recursive: true, force: true }));
    const { complaint, exited } = spawnLocal({ port: 0, 'tenant-port': 0, data, ...options });
    return { complaint: await complaint, ...(await exited) };
  }

  async function openConnection(t, server) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    t.after(() => socket.destroy());
    // A socket that nobody reads does not notice its end.
    socket.on('error', () => {}).resume();
    await once(socket, 'connect');
    socket.write('POST /token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nhalf of a');
    return socket;
  }

  /** The TypeScript SDK with an open stream, which has answered once. */
  async function streaming(t, server) {
    const client = await connected(t, { server, browser }, sse, server.users[1]);
    await client.ping();
    return client;
  }

  for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`${signal} ends it with a connection open, and leaves no handler`, async (t) => {
      const server = await started(t);
      const handlers = handlersOf(server);
      const socket = await openConnection(t, server);
      const closed = new Promise((resolve) => socket.once('close', resolve));

      assert.deepEqual(await server.stop(signal), { code: 0, signal: null });
      await closed;
      assert.deepEqual(handlers.filter(runs), []);
    });
  }

  for (const [where, options] of Object.entries({ 'a data folder': {}, Azure: { azure: true, 'cosmos-port': 0 } })) {
    test(`Ctrl-C ends it while a client holds an HTTP+SSE stream: on ${where}`, async (t) => {
      const server = await started(t, options);
      const handlers = handlersOf(server, options);
      const client = await streaming(t, server);
      const broken = new Promise((resolve) => (client.onerror = resolve));

      assert.deepEqual(await server.interrupt(), { code: 0, signal: null });
      await broken;
      assert.deepEqual(handlers.filter(runs), []);
    });
  }

  test('two Ctrl-C end it while a client holds an HTTP+SSE stream, and leave nothing', async (t) => {
    const server = await started(t);
    const all = handlersOf(server);
    await streaming(t, server);
    process.kill(-server.child.pid, 'SIGINT');
    assert.deepEqual(await server.interrupt(), { code: 0, signal: null });
    assert.deepEqual(all.filter(runs), []);
  });

  for (const [where, options] of Object.entries({ 'a data folder': {}, Azure: { azure: true, 'cosmos-port': 0 } })) {
    test(`kill -9 leaves nothing, though a client holds an HTTP+SSE stream: on ${where}`, async (t) => {
      const server = await started(t, options);
      const all = handlersOf(server, options);
      await streaming(t, server);
      assert.deepEqual(await server.stop('SIGKILL'), { code: null, signal: 'SIGKILL' });
      await ended(all);
    });
  }

  test('--gateway puts API Management in front, which lets through what has an operation', async (t) => {
    const server = await started(t, { gateway: true });
    const answer = await fetch(`${server.url}/no-such-operation`);
    assert.deepEqual([answer.status, await answer.json()], [404, { statusCode: 404, message: 'Resource not found' }]);
    assert.equal((await fetch(server.mcp, { method: 'POST' })).status, 401);
  });

  test('the end of its standard input ends it', async (t) => {
    const server = await started(t);
    server.child.stdin.end();
    assert.deepEqual(await server.exited, { code: 0, signal: null });
  });

  test('a taken port is said, with the option that chooses another', async (t) => {
    const port = await heldPort(t);
    const { code, complaint } = await refused(t, { port });
    assert.equal(code, 1);
    assert.match(complaint, new RegExp(`port ${port} .*is taken by .* \\(process ${process.pid}\\)[^]*--port N`));
  });

  test("the tenant's taken port is said, with its own option", async (t) => {
    const port = await heldPort(t);
    const { code, complaint } = await refused(t, { 'tenant-port': port });
    assert.equal(code, 1);
    assert.match(complaint, new RegExp(`port ${port} .*is taken[^]*--tenant-port N`));
  });

  test('a folder in use is said, with the option that chooses another', async (t) => {
    const { data } = await started(t);
    const { code, complaint } = await refused(t, { data });
    assert.equal(code, 1);
    assert.match(complaint, /in use[^]*--data DIR/);
  });
});
