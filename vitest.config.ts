import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { answerAsStandIn } from './test/gateway/stand-in-back-end.ts'
import { keepTemporaryFilesInMemory } from './test/temporary-files.ts'

// Three kinds of test. `unit` runs pure cores in Node; `workers` runs inside workerd with the real bindings;
// `e2e` and `e2e-two` drive a real `wrangler dev` with unpatched clients.

/** What neither measures nor strains anything: two such files at a time. */
const TWO_AT_A_TIME = [
  'test/e2e/acceptance/freshness.test.ts',
  'test/e2e/acceptance/hostile-input.test.ts',
  'test/e2e/acceptance/isolates.test.ts',
  'test/e2e/acceptance/uploads.test.ts',
  'test/e2e/asynchronous-calls.test.ts',
  'test/e2e/every-*.test.ts',
  'test/e2e/example.test.ts',
  'test/e2e/execution-role.test.ts',
  'test/e2e/function-urls.test.ts',
  'test/e2e/gateway-in-full.test.ts',
  'test/e2e/http-integrations.test.ts',
  'test/e2e/identity-in-full.test.ts',
  'test/e2e/metering-in-full.test.ts',
  'test/e2e/packages/network.test.ts',
  'test/e2e/printed-logs.test.ts',
  'test/e2e/start.test.ts',
  'test/e2e/topics.test.ts',
  'test/e2e/two-accounts.test.ts',
  'test/e2e/user-pool-clients.test.ts',
]

keepTemporaryFilesInMemory()

/** What one file waits for, another one may use: on two cores Vitest would run one at a time. */
const PROCESSES = 2

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // Files share what they import, which takes half the time; nothing here keeps anything between tests.
          isolate: false,
          maxWorkers: PROCESSES,
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
          maxWorkers: PROCESSES,
          include: ['test/**/*.worker.test.ts'],
          globalSetup: ['test/gateway/back-end-server.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e-two',
          include: TWO_AT_A_TIME,
          // Files that only ask share the server of their process.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: PROCESSES,
          // Real servers and their clients need both cores: after everything that needs none.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // The packages under test bring tests along.
          exclude: [...TWO_AT_A_TIME, '**/node_modules/**'],
          globalSetup: ['test/e2e/packages/install-early.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // What is left is about time and strain, and has the machine for itself.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
