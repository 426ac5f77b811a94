import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: {
      '@bff/client/rpc': new URL('./src/rpc/index.ts', import.meta.url).pathname, // before its prefix
      '@bff/client': new URL('./src/index.ts', import.meta.url).pathname,
    },
  },
  test: { include: ['test/**/*.test.ts'], maxWorkers: 1 },
});
