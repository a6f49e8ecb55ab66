// Writes docs/coverage.md: every operation of the services' models, and whether Weir answers it; every property of API
// Gateway's types, and what becomes of it.
//
//   node scripts/generate-coverage.ts            writes the page
//   node scripts/generate-coverage.ts --check    fails when the page is out of date
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'
import { PROPERTIES, type Property } from './apigateway-properties.ts'

const PAGE = 'docs/coverage.md'

const ENTRY = `
import { apigatewayService } from './src/aws/services/apigateway/model.ts'
import { cognitoService } from './src/aws/services/cognito-idp/model.ts'
import { iamService } from './src/aws/services/iam/model.ts'
import { kmsService } from './src/aws/services/kms/model.ts'
import { lambdaService } from './src/aws/services/lambda/model.ts'
import { codedeployService } from './src/aws/services/codedeploy/model.ts'
import { logsService } from './src/aws/services/logs/model.ts'
import { cloudwatchService } from './src/aws/services/cloudwatch/model.ts'
import { xrayService } from './src/aws/services/xray/model.ts'
import { snsService } from './src/aws/services/sns/model.ts'
import { stsService } from './src/aws/services/sts/model.ts'
import { operationsOf } from './src/aws/wire/operations.ts'
const unused = async () => { throw new Error('not called') }
export const services = [
  lambdaService({ invoke: unused, enqueue: unused }),
  apigatewayService(),
  iamService(),
  stsService({}),
  cognitoService({}),
  kmsService(),
  cloudwatchService(),
  logsService(),
  xrayService(),
  snsService(),
  codedeployService({}),
].map(service => ({
  name: service.signingName,
  operations: [...operationsOf(service.schemas).keys()].sort(),
  built: Object.keys(service.handlers),
}))
`

interface Coverage {
  readonly name: string
  readonly operations: readonly string[]
  readonly built: readonly string[]
}

// The models are written for the Workers bundle, so they are bundled the same way before they can be asked.
const { outputFiles } = await build({
  stdin: { contents: ENTRY, resolveDir: process.cwd(), loader: 'ts' },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  mainFields: ['module', 'main'],
  // Packages of CommonJS ask for Node's own modules.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(process.cwd() + '/')",
  },
  loader: { '.sql': 'text' },
  plugins: [
    {
      name: 'no-runtime',
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, namespace: 'runtime' }))
        onLoad({ filter: /.*/, namespace: 'runtime' }, () => ({
          contents:
            'export const waitUntil = undefined, exports = undefined; export class WorkerEntrypoint {}; export class DurableObject {}',
        }))
      },
    },
  ],
})
const source = Buffer.from(outputFiles[0]!.contents).toString('base64')
const { services } = (await import(`data:text/javascript;base64,${source}`)) as { services: Coverage[] }

/** What reads the documents that the gateway serves from; who writes them reads nothing of them. */
const readers = globSync(['src/gateway/**/*.ts', 'src/metering/**/*.ts'], {
  exclude: ['**/snapshot.ts', '**/control/**', '**/openapi/**', '**/key-record.ts'],
})
  .map(path => readFileSync(path, 'utf8'))
  .join('\n')

const isRead = (member: string): boolean => new RegExp(`(?:[.{,]|\\?\\.)\\s*${member}\\b`).test(readers)

function outcome(type: string, name: string, property: Property): string {
  if ('missing' in property) return `| ${name} | | ${property.missing} |`
  if ('made' in property) return `| ${name} | ✓ | ${property.made} |`
  if ('told' in property) return `| ${name} | ✓ | ${property.told} |`
  if (!isRead(property.served)) {
    console.error(
      `${type}.${name} is said to be served by ${property.served}, which the gateway does not read`,
    )
    process.exitCode = 1
  }
  return `| ${name} | ✓ | acted on |`
}

const page = [
  '# Which operations Weir answers',
  '',
  'Made from the models by `node scripts/generate-coverage.ts`. An operation without a mark is recognised and answered',
  'with `NotImplementedException`, which names it.',
  '',
  '| service | answered | of the model |',
  '|---|---|---|',
  ...services.map(
    ({ name, operations, built }) => `| [${name}](#${name}) | ${built.length} | ${operations.length} |`,
  ),
  ...services.flatMap(({ name, operations, built }) => [
    '',
    `## ${name}`,
    '',
    '| operation | |',
    '|---|---|',
    ...operations.map(operation => `| ${operation} | ${built.includes(operation) ? '✓' : ''} |`),
  ]),
  '',
  '## Properties of REST APIs',
  '',
  'What becomes of every property of API Gateway’s types: `scripts/apigateway-properties.ts`, which the compiler holds to',
  'the types of the SDK, to the records of the control plane and to what the gateway serves from. A property without a',
  'mark is not kept.',
  ...Object.entries(PROPERTIES).flatMap(([type, properties]) => [
    '',
    `### ${type}`,
    '',
    '| property | | |',
    '|---|---|---|',
    ...Object.entries(properties).map(([name, property]) => outcome(type, name, property)),
  ]),
  '',
].join('\n')

if (process.argv.includes('--check')) {
  if (readFileSync(PAGE, 'utf8') !== page) {
    console.error(`${PAGE} is out of date: run node scripts/generate-coverage.ts`)
    process.exitCode = 1
  }
} else writeFileSync(PAGE, page)
