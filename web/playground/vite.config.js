import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // Where the server serves the assets; it collides with no other path.
  base: '/playground-assets/',
  worker: { format: 'es' },
  resolve: {
    alias: {
      // Old names of the same files; under both names each would be built twice.
      'prettier/parser-babel': 'prettier/plugins/babel',
      'prettier/parser-graphql': 'prettier/plugins/graphql',
    },
  },
  build: {
    outDir: '../dist/playground',
    emptyOutDir: true,
    assetsDir: '.',
    assetsInlineLimit: 0,
    sourcemap: false,
    chunkSizeWarningLimit: 5000,
  },
});
