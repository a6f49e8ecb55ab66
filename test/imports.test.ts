import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { breaches, importsOf } from '../scripts/check-imports.ts'
import { brokenRule } from '../scripts/import-rules.ts'

const ROOT = join(import.meta.dirname, '..')

describe('the direction of imports', () => {
  it('is kept by every file of the product', () => {
    expect(breaches(ROOT)).toEqual([])
  })

  it.each([
    ['src/worker.ts', 'src/aws/services/lambda/model.ts'],
    ['src/worker.ts', 'durable-objects/key-meter.ts'],
    ['src/gateway/pipeline.ts', 'src/functions/invoke.ts'],
    ['src/gateway/pipeline.ts', 'src/gateway/phases/admit.ts'],
    ['src/aws/services/lambda/model.ts', 'src/aws/services/lambda/operations/code.ts'],
    ['src/aws/services/lambda/model.ts', 'src/aws/wire/service.ts'],
    ['src/aws/services/apigateway/model.ts', 'src/gateway/snapshot.ts'],
    ['src/functions/invoke.ts', 'src/pointers/pointer-cache.ts'],
    ['src/records/migrate.ts', 'migrations/0001_records.sql'],
    ['src/records/records.ts', 'src/lib/account.ts'],
    ['src/aws/wire/endpoint.ts', 'src/lib/clock.ts'],
    ['durable-objects/key-meter.ts', 'src/metering/plan-meter.ts'],
    ['src/functions/urls/serve.ts', 'src/identity/authority.ts'],
    ['src/functions/control/limits.ts', 'src/functions/prepare/prepare-upload.ts'],
    ['src/metering/control/read-usage.ts', 'src/metering/key-record.ts'],
    ['src/gateway/control/publish-api.ts', 'src/records/records.ts'],
    ['cli/functions/supervise.ts', 'src/functions/process/protocol.ts'],
  ])('lets %s import %s', (from, to) => {
    expect(brokenRule(from, to, false)).toBeUndefined()
  })

  it.each([
    ['src/lib/clock.ts', 'src/env.ts', /^lib has no business words/],
    [
      'src/records/records.ts',
      'src/functions/manifest.ts',
      /^records, pointers, encryption and the platform stand just above/,
    ],
    ['src/functions/invoke.ts', 'src/gateway/pipeline.ts', /^A context .* never imports what stands on it/],
    ['src/metering/lease.ts', 'src/aws/wire/service.ts', /^A context .* never imports what stands on it/],
    ['src/gateway/pipeline.ts', 'src/aws/wire/service.ts', /^gateway is a data plane: .* never aws/],
    ['src/graphql/execute.ts', 'src/aws/services/appsync/model.ts', /^graphql is a data plane: .* never aws/],
    ['src/aws/wire/endpoint.ts', 'src/identity/credentials.ts', /^aws\/wire .* imports only lib/],
    ['src/aws/wire/endpoint.ts', 'src/aws/services/lambda/model.ts', /^aws\/wire .* knows no service/],
    [
      'src/aws/services/lambda/model.ts',
      'src/aws/services/apigateway/model.ts',
      /^aws\/services\/x never imports/,
    ],
    ['src/aws/services/lambda/model.ts', 'src/worker.ts', /nor the worker/],
    ['durable-objects/key-meter.ts', 'src/aws/wire/service.ts', /^A Durable Object is a shell .* never aws/],
    ['src/gateway/pipeline.ts', 'src/front-door.ts', /^gateway is a data plane/],
    ['src/worker.ts', 'test/e2e/server.ts', /nothing of its tools or tests/],
    ['src/gateway/pipeline.ts', 'src/records/records.ts', /only gateway\/control the database/],
    ['src/metering/admission.ts', 'src/records/records.ts', /only metering\/control the database/],
    ['src/metering/admission.ts', 'src/functions/manifest.ts', /metering asks none/],
    [
      'src/functions/invoke.ts',
      'src/metering/admission.ts',
      /functions ask identity and what isolates keep of deployments, and no other/,
    ],
    ['src/functions/runtime/shim/main.ts', 'src/functions/manifest.ts', /^The shim runs inside/],
    ['src/functions/prepare/read-zip.ts', 'src/functions/control/limits.ts', /^functions\/prepare and/],
    ['src/functions/executions/execution-tally.ts', 'src/records/records.ts', /^functions\/concurrency and/],
    ['cli/weir.ts', 'src/planes.ts', /^The command line starts Weir/],
    ['console/page.ts', 'src/lib/clock.ts', /^No rule .* says where console\/page\.ts belongs/],
  ])('answers %s importing %s with its rule', (from, to, sentence) => {
    expect(brokenRule(from, to, false)).toMatch(sentence)
  })

  it('lets a context name the type of a Durable Object, but not the class', () => {
    const edge = ['src/metering/admission.ts', 'durable-objects/key-meter.ts'] as const
    expect(brokenRule(...edge, true)).toBeUndefined()
    expect(brokenRule(...edge, false)).toMatch(/^A context/)
  })

  it('is not held by a file with a similar name', () => {
    expect(brokenRule('src/library/x.ts', 'src/lib/clock.ts', false)).toMatch(/^No rule/)
    expect(brokenRule('src/gateway/x.ts', 'src/functions-of-others/y.ts', false)).toMatch(/^gateway/)
  })
})

describe('reading imports', () => {
  const read = (...lines: string[]) => importsOf(lines.join('\n'))

  it('finds every way to import, with its line and whether it is only a type', () => {
    expect(
      read(
        "import a from './a.ts'",
        "import { b, type B } from './b.ts'",
        "import type { C } from './c.ts'",
        "import {\n  type D,\n  type E,\n} from './d.ts'",
        "import './f.ts'",
        "export { g } from './g.ts'",
        "export type { H } from './h.ts'",
        "export * from './i.ts'",
        "const later = () => import('./j.ts')",
        "type K = import('./k.ts').K",
      )
        .sort((a, b) => a.line - b.line)
        .map(({ line, specifier, asType }) => `${line} ${specifier}${asType ? ' type' : ''}`),
    ).toEqual([
      '1 ./a.ts',
      '2 ./b.ts',
      '3 ./c.ts type',
      '4 ./d.ts type',
      '8 ./f.ts',
      '9 ./g.ts',
      '10 ./h.ts type',
      '11 ./i.ts',
      '12 ./j.ts',
      '13 ./k.ts type',
    ])
  })

  it('takes no text for an import', () => {
    expect(
      read(
        'const a = 1',
        "  // import { b } from './b.ts'",
        "const c = `\n  import d from './d.ts'`",
        "export const from = 'x'",
      ),
    ).toEqual([])
  })
})
