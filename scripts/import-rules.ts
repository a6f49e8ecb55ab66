import { dirname } from 'node:path'

/**
 * Who may import whom: worker -> gateway | graphql | aws -> contexts -> records, pointers, platform -> lib. A place is a
 * path from the root of the repository; it stands for itself and all that is below it, `src/*` for files right in src.
 */
export interface ImportRule {
  readonly from: ReadonlyArray<string>
  /** All of the product that these files may import, beside what is in the same place. */
  readonly may: ReadonlyArray<string>
  /** What they may import only as a type, which leaves nothing in the bundle. */
  readonly mayAsType?: ReadonlyArray<string>
  /** What a breach is answered with. */
  readonly sentence: string
}

const LIB = ['src/lib']
const BINDINGS = ['src/env.ts']
/** Limits that an isolate has in memory. */
const PROTECTION = ['src/protection']
const INFRASTRUCTURE = [
  'src/records',
  'src/pointers',
  'src/encryption',
  'src/platform.ts',
  'src/owner-routes.ts',
  'src/owner-lists.ts',
]
const CONTEXTS = [
  'src/buckets',
  'src/deployments',
  'src/functions',
  'src/identity',
  'src/messaging',
  'src/metering',
  'src/observability',
  'src/tables',
  'src/templates',
  'src/usage',
]
const DATA_PLANES = ['src/gateway', 'src/graphql']
/** What becomes of an upload, and what runs it. */
const FUNCTION_SANDBOX = ['src/functions/prepare', 'src/functions/runtime']
/** By which other contexts have functions called. */
const ACCEPTS_CALLS = ['src/functions/events', 'src/functions/invocation.ts']
/** What becomes of a deployment, without what carries it out. */
const DEPLOYMENT_MACHINE = [
  'src/deployments/transition.ts',
  'src/deployments/course.ts',
  'src/deployments/deployment-draft.ts',
  'src/deployments/deployment-state.ts',
  'src/deployments/configurations.ts',
]
const BELOW_PLANES = [...CONTEXTS, ...INFRASTRUCTURE, ...PROTECTION, ...BINDINGS, ...LIB]

const CONTEXT_RULE =
  'A context (functions, metering, identity, ...) never imports what stands on it: not gateway, graphql or aws, and of Durable Objects only types.'

/** The rule of a file is the first whose `from` holds it; a file that has none is itself a breach. */
export const IMPORT_RULES: ReadonlyArray<ImportRule> = [
  {
    from: LIB,
    may: [],
    sentence: 'lib has no business words: it imports nothing of Weir but lib.',
  },
  {
    from: BINDINGS,
    may: [],
    mayAsType: ['durable-objects', ...CONTEXTS, ...DATA_PLANES],
    sentence: 'env.ts describes bindings: it imports types only, and none of the control plane.',
  },
  {
    from: PROTECTION,
    may: LIB,
    sentence: 'protection knows addresses and times: it imports only lib, and stores nothing.',
  },
  {
    from: INFRASTRUCTURE,
    may: [...INFRASTRUCTURE, ...PROTECTION, ...BINDINGS, ...LIB, 'migrations'],
    mayAsType: ['durable-objects'],
    sentence:
      'records, pointers, encryption and the platform stand just above lib: they import each other, lib, env and types of Durable Objects.',
  },
  {
    from: ['src/functions/runtime/shim'],
    // require.cjs stands there when a function is loaded: its package's files have a folder of their own.
    may: [...FUNCTION_SANDBOX, 'src/functions/connection-frames.ts', 'src/functions/require.cjs', ...LIB],
    sentence:
      'The shim runs inside isolates of functions: it imports only what prepares, runs and speaks with them, and lib.',
  },
  {
    from: FUNCTION_SANDBOX,
    may: [...FUNCTION_SANDBOX, ...LIB],
    sentence:
      'functions/prepare and functions/runtime make and run modules: they know of no records, no bindings and no Lambda.',
  },
  {
    from: ['src/deployments/feed'],
    may: ['src/deployments/release.ts', ...LIB],
    sentence:
      'deployments/feed is what isolates keep and tell of a deployment: functions and the gateway import it, and it nothing but lib.',
  },
  {
    from: ['src/deployments/compare'],
    may: ['src/deployments/feed', 'src/deployments/release.ts', ...LIB],
    sentence:
      'deployments/compare is arithmetic over what isolates have told: it imports deployments/feed and lib.',
  },
  {
    from: DEPLOYMENT_MACHINE,
    may: [...DEPLOYMENT_MACHINE, 'src/deployments/release.ts', ...LIB],
    mayAsType: ['src/observability/alarms/alarm-state.ts'],
    sentence:
      'What becomes of a deployment is a function of its state, an event and the time: it imports nothing that does anything.',
  },
  {
    from: ['src/deployments'],
    may: ['src/functions/control', 'src/functions/invocation.ts', ...INFRASTRUCTURE, ...BINDINGS, ...LIB],
    mayAsType: [
      'durable-objects',
      'src/messaging/topics/topic-message.ts',
      'src/observability/alarms/alarm-state.ts',
    ],
    sentence: `${CONTEXT_RULE} deployments write functions' aliases; topics and alarms are handed to them.`,
  },
  {
    from: ['src/messaging/topics/filters'],
    may: LIB,
    mayAsType: ['src/messaging/topics'],
    sentence: 'messaging/topics/filters compiles and decides: it imports only lib, and types of topics.',
  },
  {
    from: ['src/messaging'],
    may: [
      ...ACCEPTS_CALLS,
      'src/functions/manifest.ts',
      'src/identity',
      ...INFRASTRUCTURE,
      ...BINDINGS,
      ...LIB,
    ],
    mayAsType: ['durable-objects'],
    sentence: `${CONTEXT_RULE} messaging asks identity and has functions called; who publishes is nothing to it.`,
  },
  {
    from: ['src/observability/ingest', 'src/observability/logs/patterns'],
    may: LIB,
    sentence:
      'observability/ingest brings batches to objects, whatever is in them; observability/logs/patterns is a language: both import only lib.',
  },
  {
    from: ['src/observability/metrics'],
    may: ['src/observability/ingest', ...BINDINGS, ...LIB],
    mayAsType: ['durable-objects'],
    sentence:
      'observability/metrics is what logs, alarms and exports stand on: it imports none of them, and asks no database.',
  },
  {
    from: ['src/observability/alarms'],
    may: ['src/observability/metrics', 'src/messaging', ...ACCEPTS_CALLS, ...BINDINGS, ...LIB],
    mayAsType: ['durable-objects'],
    sentence:
      'observability/alarms looks at metrics and tells topics and functions: it imports these, and asks no database.',
  },
  {
    from: ['src/observability/logs'],
    may: [
      'src/observability/ingest',
      'src/observability/metrics',
      ...ACCEPTS_CALLS,
      ...INFRASTRUCTURE,
      ...BINDINGS,
      ...LIB,
    ],
    mayAsType: ['durable-objects'],
    sentence: `${CONTEXT_RULE} observability/logs measures lines and hands them to functions.`,
  },
  {
    from: ['src/observability'],
    may: [...INFRASTRUCTURE, ...BINDINGS, ...LIB],
    mayAsType: ['durable-objects'],
    sentence: `${CONTEXT_RULE} Of what observability tells, only alarms and logs call anybody.`,
  },
  {
    from: ['src/functions/concurrency', 'src/functions/executions'],
    may: ['src/functions/manifest.ts', 'src/usage', ...BINDINGS, ...LIB],
    sentence:
      'functions/concurrency and functions/executions count: the control plane imports them, and they nothing of it.',
  },
  {
    from: ['src/functions'],
    may: ['src/identity', 'src/deployments/feed', ...INFRASTRUCTURE, ...PROTECTION, ...BINDINGS, ...LIB],
    mayAsType: ['durable-objects'],
    sentence: `${CONTEXT_RULE} functions ask identity and what isolates keep of deployments, and no other.`,
  },
  {
    from: ['src/metering/control', 'src/metering/money/control'],
    may: ['src/metering', ...INFRASTRUCTURE, ...BINDINGS, ...LIB],
    mayAsType: ['durable-objects'],
    sentence: `${CONTEXT_RULE} metering asks none.`,
  },
  {
    from: ['src/metering'],
    may: [...PROTECTION, ...BINDINGS, ...LIB],
    mayAsType: ['durable-objects'],
    sentence: `${CONTEXT_RULE} metering asks none, and only metering/control the database.`,
  },
  {
    from: ['src/usage/control'],
    may: ['src/usage', ...INFRASTRUCTURE, ...BINDINGS, ...LIB],
    mayAsType: ['durable-objects'],
    sentence: 'usage counts for all others, and asks none of them.',
  },
  {
    from: ['src/usage'],
    may: [...BINDINGS, ...LIB],
    mayAsType: ['durable-objects'],
    sentence: 'usage counts for all others, and asks none of them: only usage/control the database.',
  },
  {
    from: CONTEXTS,
    may: BELOW_PLANES,
    mayAsType: ['durable-objects'],
    sentence: CONTEXT_RULE,
  },
  {
    from: ['src/gateway/control', 'src/gateway/domains/control'],
    may: ['src/gateway', ...BELOW_PLANES],
    mayAsType: ['durable-objects'],
    sentence: 'gateway is a data plane: it imports contexts and what they stand on, never aws or graphql.',
  },
  {
    from: ['src/gateway'],
    may: [...CONTEXTS, 'src/pointers', ...PROTECTION, ...LIB],
    mayAsType: ['durable-objects'],
    sentence:
      'gateway is a data plane: it imports contexts and pointers, never aws or graphql, and only gateway/control the database.',
  },
  {
    from: ['src/graphql'],
    may: BELOW_PLANES,
    mayAsType: ['durable-objects'],
    sentence: 'graphql is a data plane: it imports contexts and what they stand on, never aws or gateway.',
  },
  {
    from: ['src/aws/wire'],
    may: LIB,
    sentence: 'aws/wire speaks protocols and knows no service: it imports only lib.',
  },
  {
    from: ['src/aws/account-context.ts'],
    may: ['src/aws/wire', ...INFRASTRUCTURE, ...LIB],
    sentence: 'aws/account-context is what services have of a call: it imports the wire and the platform.',
  },
  {
    from: ['src/aws/services'],
    may: ['src/aws/wire', 'src/aws/account-context.ts', ...DATA_PLANES, ...BELOW_PLANES],
    mayAsType: ['durable-objects'],
    sentence:
      'aws/services/x never imports aws/services/y nor the worker: what two services share belongs to a context.',
  },
  {
    from: ['durable-objects'],
    may: [...DATA_PLANES, ...BELOW_PLANES],
    sentence:
      'A Durable Object is a shell round a core: it imports cores and contexts, never aws or the worker.',
  },
  {
    from: ['cli'],
    may: ['examples', 'src/functions/process', 'src/functions/runtime/stream-frames.ts', ...LIB],
    sentence:
      'The command line starts Weir and speaks with it: it imports what is said, and nothing that runs in it.',
  },
  {
    // What the worker is put together from. No other rule lets anybody import these.
    from: ['src/*'],
    may: ['src', 'durable-objects'],
    sentence: 'The worker imports what the product is made of, and nothing of its tools or tests.',
  },
]

/** Of `aws/services`, each folder is a place of its own. */
function placeOf(file: string, places: ReadonlyArray<string>): string | undefined {
  const place = places.find(candidate => isIn(file, candidate))
  return place === 'src/aws/services' ? file.split('/').slice(0, 4).join('/') : place
}

function isIn(file: string, place: string): boolean {
  if (place.endsWith('/*')) return dirname(file) === place.slice(0, -2)
  return file === place || file.startsWith(`${place}/`)
}

/** The sentence that an import breaks; undefined when it may stand. */
export function brokenRule(from: string, to: string, asType: boolean): string | undefined {
  const rule = IMPORT_RULES.find(({ from: places }) => places.some(place => isIn(from, place)))
  if (!rule) return `No rule of scripts/import-rules.ts says where ${from} belongs.`
  const own = placeOf(from, rule.from)
  const allowed = [own!, ...rule.may, ...(asType ? (rule.mayAsType ?? []) : [])]
  return allowed.some(place => isIn(to, place)) ? undefined : rule.sentence
}
