import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from './server.js';

export interface Bff {
  readonly url: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

let folder: string | undefined;

/** Builds the server with everything in one process; undefined if this machine has no Go. */
export function build(): string | undefined {
  try {
    execFileSync('go', ['version']);
  } catch {
    return undefined;
  }
  folder = mkdtempSync(join(tmpdir(), 'bff-'));
  const program = join(folder, 'dev');
  execFileSync('go', ['build', '-o', program, './cmd/dev'], { cwd: new URL('../..', import.meta.url).pathname });
  return program;
}

/** Starts the server on free ports, seeded and with nothing beside it, and waits until it answers. */
export async function start(program: string): Promise<Bff> {
  const [port, admin] = [await freePort(), await freePort()];
  const child = spawn(program, ['-addr', `127.0.0.1:${port}`, '-admin-addr', `127.0.0.1:${admin}`], { cwd: folder, stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}/graphql`;
  const ready = () => fetch(`http://127.0.0.1:${admin}/readyz`).then(({ ok }) => ok, () => false);
  while (!(await ready())) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    await pause(50);
  }
  return {
    url,
    process: child,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export function clean(): void {
  if (folder) rmSync(folder, { recursive: true, force: true });
}

/** What the server can do; older ones know neither batches nor parts. */
export async function capabilities(url: string) {
  const ask = (accept: string, body: unknown) =>
    fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', accept }, body: JSON.stringify(body) });
  const batch = await ask('application/json', [{ query: '{ __typename }' }]);
  const parts = await ask('multipart/mixed;incrementalSpec=v0.2, application/json;q=0.5', { query: '{ user(id: 1) { id ... @defer { username } } }' });
  return { batch: batch.ok, parts: (parts.headers.get('content-type') ?? '').startsWith('multipart/') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
