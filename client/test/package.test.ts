import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Runs a module in this package's folder, where `@bff/client` is what was built. */
function run(module: string): string {
  return execFileSync(process.execPath, ['--input-type=module', '-e', module], { cwd: new URL('..', import.meta.url), encoding: 'utf8' });
}

test('what is built can be imported, and the adapters share its error class', () => {
  const sizes = execFileSync(process.execPath, ['build.mjs'], { cwd: new URL('..', import.meta.url), encoding: 'utf8' });
  expect(sizes).toMatch(/^index +\d+ bytes gzipped/);

  const printed = run(`
    import { createClient } from '@bff/client';
    import { batchExchange } from '@bff/client/urql';
    import { batchLink } from '@bff/client/apollo';
    import { batchFetch } from '@bff/client/relay';
    import { Client } from '@urql/core';

    const refusal = { errors: [{ message: 'slower', extensions: { code: 'RATE_LIMITED' } }] };
    const client = createClient({ url: '/', fetch: async () => Response.json(refusal, { status: 429 }) });
    const urql = new Client({ url: '/', preferGetMethod: false, exchanges: [batchExchange(client)] });
    const { error } = await urql.query('{ a }', {}).toPromise();
    console.log(error.graphQLErrors[0].extensions.code, typeof batchLink(client).request, typeof batchFetch(client));
  `);
  expect(printed.trim()).toBe('RATE_LIMITED function function');
});
