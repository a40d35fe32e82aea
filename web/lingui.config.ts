/** Where the page's texts are collected: one catalogue a language, made of the macros in the sources by `npm run texts`. */
import { defineConfig } from '@lingui/cli';
import { formatter } from '@lingui/format-po';

export default defineConfig({
  sourceLocale: 'en',
  locales: ['en'],
  catalogs: [{ path: '<rootDir>/src/locales/{locale}', include: ['src'], exclude: ['**/*.test.ts', '**/schema.d.ts'] }],
  // Neither dates nor lines of code: the catalogue changes when a text does, and not otherwise.
  format: formatter({ lineNumbers: false, printPlaceholdersInComments: false }),
});
