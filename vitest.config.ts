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
          include: ['test/**/*.worker.test.ts'],
          globalSetup: ['test/gateway/back-end-server.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
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
