import { run } from './cli.js';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

process.exitCode = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  print: (line) => console.log(line),
  complain: (line) => console.error(line),
  signal: stop.signal,
});
