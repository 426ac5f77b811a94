// Starts the server of the project and this one before the same services, and compares what they answer. Needs Go.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'farrow-peer-'));
const children = [];
let failed = 0;

const check = (what, found, wanted) => {
  if (isDeepStrictEqual(found, wanted)) return;
  failed++;
  console.error(`FAILED ${what}: found ${JSON.stringify(found)}, want ${JSON.stringify(wanted)}`);
};

try {
  const dev = join(folder, 'dev');
  execFileSync('go', ['build', '-o', dev, './cmd/dev'], { cwd: join(here, '../../..') });
  const [addr, admin, users, posts, peer] = await freeAddrs(5);
  start(dev, ['-addr', addr, '-admin-addr', admin, '-userd-addr', users, '-postd-addr', posts, '-seed-users', '30', '-seed-posts', '60']);
  await answering(`http://${admin}/readyz`);
  const server = start(process.execPath, [join(here, 'server.mjs'), '--addr', peer, '--users', users, '--posts', posts]);
  await once(server.stdout, 'data');

  const calls = [
    [['user', 'get'], { id: '1' }],
    [['user', 'get'], { id: 'VXNlcjoy' }],
    [['user', 'get'], { id: '999' }],
    [['user', 'home'], { id: '1' }],
    [['user', 'home'], { id: '2' }],
    [['user', 'home'], { id: '999' }],
    [['user', 'list'], {}],
    [['user', 'list'], { first: 2 }],
    [['post', 'list'], {}],
    [['post', 'list'], { first: 100 }],
    [['user', 'get'], { id: 'nonsense' }],
    [['user', 'get'], { id: 'UG9zdDoz' }],
    [['user', 'list'], { first: 101 }],
    [['post', 'list'], { after: 'nonsense' }],
  ].map(([path, input]) => ({ type: 'Single', path, input }));
  const ours = await post(addr, { type: 'Batch', callings: calls });
  const theirs = await post(peer, { type: 'Batch', callings: calls });
  check('the types of batches', [ours.type, theirs.type], ['ApiBatchSuccessResponse', 'Batch']);
  for (const [index, call] of calls.entries()) {
    const name = `${call.path.join('.')} ${JSON.stringify(call.input)}`;
    check(`${name} in a batch`, core(theirs.result[index]), core(ours.result[index]));
    check(name, core(await post(peer, call)), core(await post(addr, call)));
  }
  const { output } = await post(peer, { type: 'Single', path: ['post', 'list'], input: { first: 40 } });
  const after = { type: 'Single', path: ['post', 'list'], input: { first: 40, after: output.endCursor } };
  check('the second page', core(await post(peer, after)), core(await post(addr, after)));
  check('a stream, which 1.x does not know', (await post(peer, { type: 'Stream', callings: calls })).type, 'ApiErrorResponse');
  console.log(`${2 * calls.length + 3} checks, ${failed} failed`);
} finally {
  for (const child of children) child.kill();
  await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')));
  rmSync(folder, { recursive: true });
}
process.exitCode = failed ? 1 : 0;

/** What both servers say of a call: its output, or the message of its error. */
function core({ output, error }) {
  return error ? error.message : JSON.stringify(output);
}

async function post(addr, body) {
  const response = await fetch(`http://${addr}/rpc`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return response.json();
}

function start(program, args) {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  return child;
}

async function answering(url) {
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((wait) => setTimeout(wait, 50))) {
    if (await fetch(url).then(({ ok }) => ok, () => false)) return;
  }
  throw new Error(`no answer from ${url}`);
}

async function freeAddrs(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const addrs = servers.map((server) => `127.0.0.1:${server.address().port}`);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return addrs;
}
