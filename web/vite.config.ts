/** How the page is built into the Python package, and how it is served while one works on it. */
import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { loadEnv } from 'vite';
import { defineConfig } from 'vitest/config';

// A running server (`doorwatch serve` or `doorwatch demo`) that answers the page's requests during `npm run dev`.
const server = loadEnv('', '.', 'DOORWATCH_').DOORWATCH_SERVER ?? 'http://127.0.0.1:8000';

export default defineConfig({
  // Texts are taken out of the sources and put back from the catalogue when the page is built.
  plugins: [lingui({ macroTransform: true }), react()],
  test: { setupFiles: ['src/locales/language.ts'] },
  build: {
    outDir: '../src/doorwatch/server/ui',
    emptyOutDir: true,
    target: 'es2022',
    // Files with a hash in their name are cached for ever; everything must come from this origin.
    assetsInlineLimit: 0,
    // What changes with no release of ours is a file of its own, which browsers keep through our upgrades.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'libraries', test: /node_modules/ }] } } },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': { target: server, ws: true },
      '/share': { target: server },
    },
  },
});
