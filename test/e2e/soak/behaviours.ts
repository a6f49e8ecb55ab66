import { createHash } from 'node:crypto'

/** What came of a call: Lambda's answer, or that it was refused for now and may be made again. */
export interface Outcome {
  /** Absent: the call was not made. */
  readonly functionError?: string
  /** Parsed. */
  readonly payload: unknown
}

/** One way in which a function behaves, and what a call of it has to come to. */
export interface Behaviour {
  /** The body of an async handler; `NAME` and `MARK` say which function and which deployment of it runs. */
  readonly source: string
  readonly event: (random: () => number, id: string) => Record<string, unknown>
  /** Why the outcome is wrong; undefined when it is not. */
  readonly wrong: (outcome: Outcome, event: Record<string, unknown>) => string | undefined
  /** Seconds. */
  readonly timeout?: number
  /** Takes the processor or the memory of its process: rare, and the others may have to try again. */
  readonly runaway?: boolean
}

interface ErrorDocument {
  readonly errorType?: string
  readonly errorMessage?: string
}

const failsWith =
  (type: RegExp, message: RegExp): Behaviour['wrong'] =>
  ({ functionError, payload }) => {
    const { errorType = '', errorMessage = '' } = (payload ?? {}) as ErrorDocument
    if (functionError === 'Unhandled' && type.test(errorType) && message.test(errorMessage)) return undefined
    return `expected ${type} ${message}, got ${functionError} ${JSON.stringify(payload)?.slice(0, 300)}`
  }

const withId = (_: () => number, id: string) => ({ id })

const echoes: Behaviour['wrong'] = ({ functionError, payload }, event) => {
  const said = payload as { id?: string } | null
  if (functionError === undefined && said?.id === event.id) return undefined
  return `expected the answer to ${String(event.id)}, got ${functionError} ${JSON.stringify(payload)?.slice(0, 300)}`
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Answers carry the function's name and mark, which the soak compares with what it deployed. */
export const BEHAVIOURS = {
  echo: { source: 'return answer(event)', event: withId, wrong: echoes },

  slow: {
    source: `await new Promise(resolve => setTimeout(resolve, event.ms)); return answer(event)`,
    event: (random, id) => ({ id, ms: Math.floor(random() * 300) }),
    wrong: echoes,
  },

  // Module state across an await: an isolate with two events at once would answer one with the other's.
  stateful: {
    source: `current = event.id; await new Promise(resolve => setTimeout(resolve, 20)); return answer({ id: current })`,
    event: withId,
    wrong: echoes,
  },

  large: {
    source: `return answer({ id: event.id, hash: require('node:crypto').createHash('sha256').update(event.text).digest('hex') })`,
    event: (random, id) => ({ id, text: `${id}ö`.repeat(Math.floor(random() * 20_000)) }),
    wrong: (outcome, event) =>
      echoes(outcome, event) ??
      ((outcome.payload as { hash: string }).hash === sha256(event.text as string)
        ? undefined
        : 'the event arrived changed'),
  },

  leaker: {
    source: `leaked.push(new Uint8Array(256 * 1024).fill(1)); return answer(event)`,
    event: withId,
    wrong: echoes,
  },

  thrower: {
    source: `const error = new TypeError('thrown for ' + event.id); throw error`,
    event: withId,
    wrong: (outcome, event) =>
      failsWith(/^TypeError$/, new RegExp(`^thrown for ${event.id}$`))(outcome, event),
  },

  rejecter: {
    source: `Promise.reject(new Error('nobody awaits ' + event.id)); await new Promise(resolve => setTimeout(resolve, 50)); return answer(event)`,
    event: withId,
    wrong: failsWith(/^Runtime\.UnhandledPromiseRejection$/, /nobody awaits/),
  },

  uncaught: {
    source: `setTimeout(() => { throw new Error('in a timer: ' + event.id) }, 5); await new Promise(resolve => setTimeout(resolve, 100)); return answer(event)`,
    event: withId,
    wrong: (outcome, event) => failsWith(/^Error$/, new RegExp(`^in a timer: ${event.id}$`))(outcome, event),
  },

  exiter: {
    source: `process.exit(3)`,
    event: withId,
    wrong: failsWith(/^Runtime\.ExitError$/, /exit status 3/),
  },

  garbage: {
    source: `return 10n`,
    event: withId,
    wrong: failsWith(/^Runtime\.JSONStringifyError$|^TypeError$/, /Unable to stringify response body|BigInt/),
  },

  circular: {
    source: `const self = {}; self.self = self; return self`,
    event: withId,
    wrong: failsWith(
      /^Runtime\.JSONStringifyError$|^TypeError$/,
      /Unable to stringify response body|circular/i,
    ),
  },

  nothing: {
    source: `return undefined`,
    event: withId,
    wrong: ({ functionError, payload }) =>
      functionError === undefined && payload === null
        ? undefined
        : `expected null, got ${JSON.stringify(payload)}`,
  },

  oversized: {
    source: `return 'x'.repeat(7 * 1024 * 1024)`,
    event: withId,
    wrong: failsWith(/^Function\.ResponseSizeTooLarge$/, /6291556 bytes/),
  },

  hanger: {
    source: `await new Promise(resolve => setTimeout(resolve, 60_000)); return answer(event)`,
    event: withId,
    wrong: failsWith(/^Sandbox\.Timedout$/, /Task timed out after 1\.00 seconds$/),
    timeout: 1,
  },

  spinner: {
    source: `while (true) {}`,
    event: withId,
    wrong: failsWith(/^Sandbox\.Timedout$/, /Task timed out after 1\.00 seconds$/),
    timeout: 1,
    runaway: true,
  },

  glutton: {
    source: `const all = []; for (;;) { all.push(new Uint8Array(8 * 1024 * 1024).fill(1)); await null }`,
    event: withId,
    wrong: failsWith(/^Runtime\.ExitError$|^Sandbox\.Timedout$/, /signal: killed|timed out/),
    timeout: 5,
    runaway: true,
  },
} satisfies Readonly<Record<string, Behaviour>>

export type BehaviourName = keyof typeof BEHAVIOURS

/** The package of one deployment of a function. */
export const packageOf = (name: string, mark: number, { source }: Behaviour): string => `
  const [NAME, MARK] = [${JSON.stringify(name)}, ${mark}]
  const leaked = []
  let current
  const answer = event => ({ id: event.id, name: NAME, mark: MARK, hash: event.hash })
  exports.handler = async event => { ${source} }
`
