import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { relayTags } from './relay-tags.js';

const client = (file) => fileURLToPath(new URL(`../../client/src/${file}`, import.meta.url));
// Where `npm run dev` finds the server.
const server = process.env.BFF_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [relayTags(), react()],
  // Where the server serves the assets; it collides with no other path.
  base: '/app-assets/',
  resolve: {
    alias: [
      { find: /^@bff\/client$/, replacement: client('index.ts') },
      { find: /^@bff\/client\/rpc$/, replacement: client('rpc/index.ts') },
      { find: /^@bff\/client\/(urql|relay)$/, replacement: client('adapters/$1.ts') },
    ],
    // The client's adapters lie outside this package and import what is installed in it.
    dedupe: ['@urql/core', 'wonka', 'relay-runtime'],
  },
  server: { proxy: Object.fromEntries(['/graphql', '/rpc', '/compare'].map((path) => [path, server])) },
  build: {
    outDir: '../dist/app',
    emptyOutDir: true,
    assetsDir: '.',
    assetsInlineLimit: 0,
    sourcemap: false,
  },
});
