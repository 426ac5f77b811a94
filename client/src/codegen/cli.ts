import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { generate } from './generate.js';
import { readSchema } from './schema.js';

/** A client that is generated. */
export interface Source {
  /** The address of the procedures, or a file with their description. */
  readonly src: string;
  readonly dist: string;
  /** Sent to the server. */
  readonly headers?: Record<string, string>;
}

/** What bff-rpc.config.js exports by default. */
export interface Config {
  readonly sources: readonly Source[];
  /** How often --watch asks, in milliseconds. */
  readonly interval?: number;
}

export interface Surroundings {
  readonly cwd: string;
  print(line: string): void;
  complain(line: string): void;
  readonly signal?: AbortSignal;
}

const usage = `bff-rpc-codegen [--config bff-rpc.config.js] [--check | --watch]

Writes a TypeScript client for each source of the configuration:
  export default { sources: [{ src: 'http://localhost:3000/rpc', dist: 'src/api/bff.ts' }] };

  --check  writes nothing; ends with 1 if a file would change
  --watch  asks again and again, and writes what has changed`;

const description = '/__introspection__';
const patience = 10_000;

/** Runs the program. It ends with 0; with 1 if --check finds a file that would change; with 2 if something fails. */
export async function run(args: string[], { cwd, print, complain, signal }: Surroundings): Promise<number> {
  let options;
  let config: Config;
  let folder: string;
  try {
    options = parseArgs({
      args,
      options: {
        config: { type: 'string', default: 'bff-rpc.config.js' },
        check: { type: 'boolean' },
        watch: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values;
    if (options.help) {
      print(usage);
      return 0;
    }
    if (options.check && options.watch) throw new Error('--check and --watch exclude each other');
    const file = resolve(cwd, options.config);
    folder = dirname(file);
    config = checked((await import(pathToFileURL(file).href)).default);
  } catch (error) {
    complain(said(error));
    complain(usage);
    return 2;
  }

  const complaints = new Map<Source, string>(); // a watcher says each only once
  const once = async () => {
    let status = 0;
    for (const source of config.sources) {
      try {
        const changed = await update(source, folder, !options.check);
        complaints.delete(source);
        if (!changed) continue;
        if (options.check) {
          complain(`${source.dist} would change: generate it again`);
          status ||= 1;
        } else print(`${source.dist} is written`);
      } catch (error) {
        const complaint = `${source.src}: ${said(error)}`;
        if (complaints.get(source) !== complaint) complain(complaint);
        complaints.set(source, complaint);
        status = 2;
      }
    }
    return status;
  };

  let status = await once();
  while (options.watch && !signal?.aborted) {
    await pause(config.interval ?? 3000, undefined, signal ? { signal } : {}).catch(() => {});
    if (!signal?.aborted) status = await once();
  }
  return options.watch ? 0 : status;
}

/** Generates one client; says whether its file differs from what is there. */
async function update({ src, dist, headers }: Source, folder: string, write: boolean): Promise<boolean> {
  const text = generate(readSchema(await load(src, folder, headers)));
  const file = resolve(folder, dist);
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before?.replaceAll('\r\n', '\n') === text) return false;
  if (write) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return true;
}

async function load(src: string, folder: string, headers: Record<string, string> = {}): Promise<string> {
  if (!/^https?:/.test(src)) return readFile(resolve(folder, src), 'utf8');
  const url = new URL(src);
  if (!url.pathname.endsWith(description)) url.pathname = url.pathname.replace(/\/$/, '') + description;
  const response = await fetch(url, { headers: { accept: 'application/json', ...headers }, signal: AbortSignal.timeout(patience) });
  const text = await response.text();
  if (!response.ok) throw new Error(`the server answers with ${response.status}`);
  return text;
}

function checked(config: any): Config {
  if (!Array.isArray(config?.sources) || !config.sources.length) throw new Error('the configuration has no sources');
  for (const { src, dist } of config.sources) {
    if (typeof src !== 'string' || typeof dist !== 'string') throw new Error('each source needs src and dist');
  }
  return config;
}

function said(error: any): string {
  return error?.cause?.message ? `${error.message}: ${error.cause.message}` : String(error?.message ?? error);
}
