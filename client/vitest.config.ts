import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { '@bff/client': new URL('./src/index.ts', import.meta.url).pathname } },
  test: { include: ['test/**/*.test.ts'], maxWorkers: 1 },
});
