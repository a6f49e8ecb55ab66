import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { answerAsStandIn } from './test/gateway/stand-in-back-end.ts'

// Three kinds of test. `unit` runs pure cores in Node; `workers` runs inside workerd with the real bindings;
// `e2e` drives a real `wrangler dev` with unpatched clients.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // Files share what they import, which takes half the time; nothing here keeps anything between tests.
          isolate: false,
          testTimeout: 60_000,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.worker.test.ts', 'test/e2e/**'],
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: { serviceBindings: { WEIR_LINK_STAND_IN: answerAsStandIn } },
          }),
        ],
        test: {
          name: 'workers',
          // The same. Files share the bindings, too: each makes up accounts, or names, of its own.
          isolate: false,
          include: ['test/**/*.worker.test.ts'],
          globalSetup: ['test/gateway/back-end-server.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/packages/install-early.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // Real servers and their clients need both cores: after everything else.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
