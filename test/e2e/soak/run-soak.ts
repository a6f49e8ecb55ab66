import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  type LambdaClient,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { randomSource } from '../../random-source.ts'
import { lambdaAt } from '../acceptance/clients.ts'
import { zip } from '../acceptance/functions.ts'
import { BEHAVIOURS, type Behaviour, type BehaviourName, type Outcome, packageOf } from './behaviours.ts'

export interface SoakOptions {
  readonly url: string
  readonly seed: number
  readonly ms: number
  /** Callers at once. */
  readonly callers: number
  /** Which behaviours; all without it. */
  readonly only?: readonly BehaviourName[]
  readonly progress?: (report: SoakReport) => void
}

export interface SoakReport {
  readonly calls: Readonly<Record<string, number>>
  readonly deployments: number
  /** Calls that were refused for now and made again. */
  readonly repeated: number
  /** What must not be. */
  readonly wrong: readonly string[]
}

/** A change is seen by every call that begins so long after it was acknowledged (ARCHITECTURE.md). */
const FRESH_MS = 2_000

/** How often a call that was refused for now is made again. */
const REPEATS = 8

interface Deployed {
  readonly name: string
  readonly behaviour: Behaviour
  /** Marks of deployments, and when each was begun and acknowledged. */
  readonly marks: { mark: number; begun: number; acknowledged: number }[]
}

/** Calls functions that behave badly in every way, while they are deployed anew, and notes every wrong answer. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const random = randomSource(options.seed)
  const lambda = lambdaAt(options.url)
  const calls: Record<string, number> = {}
  const wrong: string[] = []
  const report = { calls, deployments: 0, repeated: 0, wrong }
  const ends = performance.now() + options.ms
  const isOver = () => performance.now() >= ends
  let marks = 0
  let ids = 0

  const deployed = await Promise.all(
    Object.entries<Behaviour>(BEHAVIOURS)
      .filter(([name]) => !options.only || options.only.includes(name as BehaviourName))
      .map(async ([name, behaviour]) => {
        const each: Deployed = { name: `soak-${name}`, behaviour, marks: [] }
        await deploy(lambda, each, ++marks, 'create')
        return each
      }),
  )
  const calm = deployed.filter(each => !each.behaviour.runaway)

  const callOne = async (each: Deployed) => {
    const event = each.behaviour.event(random, `${options.seed}-${++ids}`)
    const begun = performance.now()
    let outcome: Outcome | undefined
    for (let repeat = 0; !outcome && repeat < REPEATS; repeat++) {
      if (repeat > 0) {
        report.repeated++
        await delay(250 * repeat)
      }
      outcome = await invoke(lambda, each.name, event, wrong)
    }
    calls[each.name] = (calls[each.name] ?? 0) + 1
    if (!outcome) {
      wrong.push(`${each.name}: refused ${REPEATS} times`)
      return
    }
    const problem =
      each.behaviour.wrong(outcome, event) ?? wrongMark(each, outcome.payload, begun, performance.now())
    if (problem) wrong.push(`${each.name} (${JSON.stringify(event).slice(0, 80)}): ${problem}`)
  }

  const callers = Array.from({ length: options.callers }, async () => {
    while (!isOver()) await callOne(calm[Math.floor(random() * calm.length)]!)
  })
  const runaways = deployed
    .filter(each => each.behaviour.runaway)
    .map(async each => {
      while (!isOver()) {
        await delay(Math.min(4_000 + random() * 8_000, Math.max(0, ends - performance.now())))
        if (!isOver()) await callOne(each)
      }
    })
  const deployer = (async () => {
    while (!isOver()) {
      await delay(200 + random() * 400)
      const each = calm[Math.floor(random() * calm.length)]!
      await deploy(lambda, each, ++marks, random() < 0.15 ? 'replace' : 'update')
      report.deployments++
    }
  })()
  const reporter = (async () => {
    while (!isOver()) {
      await delay(Math.min(10_000, Math.max(0, ends - performance.now())))
      options.progress?.(report)
    }
  })()
  await Promise.all([...callers, ...runaways, deployer, reporter])
  return report
}

/** Undefined when the call was refused for now. */
async function invoke(
  lambda: LambdaClient,
  name: string,
  event: object,
  wrong: string[],
): Promise<Outcome | undefined> {
  try {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
    )
    const text = new TextDecoder().decode(answer.Payload)
    return { functionError: answer.FunctionError, payload: text === '' ? undefined : JSON.parse(text) }
  } catch (error) {
    const { name: code, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
    // Said so by the service, and told to clients as a reason to try again; or deleted a moment ago, to be replaced.
    const again = ['ServiceException', 'TooManyRequestsException', 'ResourceNotFoundException'].includes(code)
    if (!again) wrong.push(`${name}: ${$metadata?.httpStatusCode} ${code} ${message}`)
    return undefined
  }
}

async function deploy(
  lambda: LambdaClient,
  each: Deployed,
  mark: number,
  how: 'create' | 'update' | 'replace',
): Promise<void> {
  const ZipFile = zip({ 'index.js': packageOf(each.name, mark, each.behaviour) })
  const entry = { mark, begun: performance.now(), acknowledged: Number.POSITIVE_INFINITY }
  each.marks.push(entry)
  if (how === 'replace') await lambda.send(new DeleteFunctionCommand({ FunctionName: each.name }))
  if (how === 'update') {
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: each.name, ZipFile }))
  } else {
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: each.name,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/soak',
        Code: { ZipFile },
        Timeout: each.behaviour.timeout ?? 10,
      }),
    )
  }
  entry.acknowledged = performance.now()
}

/** An answer must be of the function that was called, and of a deployment that it may have seen. */
function wrongMark(each: Deployed, payload: unknown, begun: number, ended: number): string | undefined {
  const { name, mark } = (payload ?? {}) as { name?: string; mark?: number }
  if (name === undefined) return undefined
  if (name !== each.name) return `answered by ${name}`
  const at = each.marks.findIndex(entry => entry.mark === mark)
  if (at < 0) return `answered by deployment ${mark}, which is not one of it`
  if (each.marks[at]!.begun > ended) return `answered by deployment ${mark} before it was made`
  const newer = each.marks.slice(at + 1).find(entry => entry.acknowledged < begun - FRESH_MS)
  return (
    newer && `answered by deployment ${mark} ${Math.round(begun - newer.acknowledged)} ms after ${newer.mark}`
  )
}
