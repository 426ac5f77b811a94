import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const client = (path) => fileURLToPath(new URL(`../../client/src/${path}`, import.meta.url));
const server = process.env.BFF_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  // Where the server serves the assets; it collides with no other path.
  base: '/compare-assets/',
  resolve: {
    // The clients under comparison are those of this repository, as they are.
    alias: [
      { find: /^@bff\/client$/, replacement: client('index.ts') },
      { find: '@bff/client/rpc', replacement: client('rpc/index.ts') },
      { find: '@bff/client/parts', replacement: client('adapters/multipart.ts') },
      { find: '@bff/client/incremental', replacement: client('adapters/incremental.ts') },
    ],
  },
  server: {
    proxy: { '/graphql': server, '/rpc': server, '/compare/records': server },
    fs: { allow: ['..', '../../client'] },
  },
  build: {
    outDir: '../dist/compare',
    emptyOutDir: true,
    assetsDir: '.',
    assetsInlineLimit: 0,
    sourcemap: false,
  },
});
