import { parseArgs } from 'node:util'
import { CodeDeployServiceException } from '@aws-sdk/client-codedeploy'
import { LambdaServiceException } from '@aws-sdk/client-lambda'
import { deploy, type Target } from '../examples/pets-api/deploy.ts'
import { type Release, release } from '../examples/pets-api/release.ts'
import { readCredentials, readUrl } from './accounts/read-command.ts'
import { drawRelease, percent } from './canary/draw-release.ts'
import { sendTraffic, type Traffic } from './canary/traffic.ts'
import { type ReleaseState, watchRelease } from './canary/watch-release.ts'
import { CannotStart } from './cannot-start.ts'
import { DEFAULT_PORT } from './dev-flags.ts'
import { terminal } from './terminal.ts'

const USAGE = `npm run canary            ships a version of the example that fails every fifth call
npm run canary -- --good  ships one that does not; it takes ten minutes, as a release of ten steps does
--url ADDRESS             of a Weir that is not at http://localhost:${DEFAULT_PORT}`

/** Which Weir, and which directory of the example has what is shipped. */
function readArguments(args: string[]): { readonly address: URL; readonly directory: string } {
  const options = { url: { type: 'string' }, good: { type: 'boolean' } } as const
  let values: { url?: string; good?: boolean }
  try {
    values = parseArgs({ args, options }).values
  } catch {
    throw new CannotStart(USAGE)
  }
  const { url = `http://localhost:${DEFAULT_PORT}`, good = false } = values
  return { address: readUrl(url), directory: good ? 'version-2' : 'version-3' }
}

const out = process.stdout
const isMoving = Boolean(out.isTTY)
const { style } = terminal(out)

/** Draws in place where that can be seen, and elsewhere once a second below what was drawn before. */
function painter(): (lines: readonly string[]) => void {
  let drawn = 0
  let last = 0
  return lines => {
    if (!isMoving && Date.now() - last < 1_000) return
    last = Date.now()
    if (isMoving && drawn > 0) out.write(`\u001b[${drawn}A`)
    out.write(lines.map(line => `${isMoving ? '\u001b[2K' : ''}${line}\n`).join(''))
    drawn = lines.length
  }
}

/** Shows a release until it is over. */
async function show(target: Target, shipped: Release, traffic: Traffic): Promise<ReleaseState> {
  const paint = painter()
  let state: ReleaseState | undefined
  for await (state of watchRelease(target, shipped)) {
    paint(drawRelease(shipped, { share: state.share, served: traffic.served }, style))
  }
  return state!
}

function conclude(
  shipped: Release,
  { share, info }: ReleaseState,
  traffic: Traffic,
  seconds: number,
): string[] {
  const { calls = 0, failed = 0 } = traffic.served.get(shipped.to) ?? {}
  const all = [...traffic.served.values()].reduce((sum, each) => sum + each.calls, 0)
  if (share === 1) return [`${style('green', '✓')} Version ${shipped.to} answers all calls.`]
  const why = info.errorInformation?.message ?? info.rollbackInfo?.rollbackMessage
  if (calls === 0) return [`${style('red', '✗')} Version ${shipped.to} answered no call.`, `  ${why}`]
  return [
    `${style('red', '✗')} Version ${shipped.to} was rolled back ${seconds.toFixed(1)} s after it was shipped: ` +
      `it had answered ${calls} of ${all.toLocaleString('en')} calls, and failed ${failed} of them (${percent(calls ? failed / calls : 0)}).`,
    ...(why ? [`  ${why}`] : []),
    `  The alias ${shipped.alias} points at version ${shipped.from} alone.`,
  ]
}

/** Its message says all: that another release is under way, for one, and how to stop it. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof CannotStart ||
  error instanceof CodeDeployServiceException ||
  error instanceof LambdaServiceException

// `npm run canary`: a bad version of the example is shipped, and rolled back before people's eyes.
try {
  const { address, directory } = readArguments(process.argv.slice(2))
  const url = address.origin
  const credentials = readCredentials(address, process.env)
  const target: Target = { endpoint: url, region: process.env.AWS_REGION ?? 'us-east-1', credentials }
  const answers = await fetch(`${url}/_weir/health`).catch(() => undefined)
  if (!answers?.ok) throw new CannotStart(`No Weir answers at ${url}. Start one with: npm start`)
  const { functionName } = await deploy(target)
  const shipped = await release(target, directory)
  const begun = performance.now()
  const traffic = sendTraffic(target, functionName, shipped.alias)
  console.log(
    `${style('bold', `${functionName}:${shipped.alias}`)}, deployment ${shipped.deploymentId}: from version ` +
      `${shipped.from} to version ${shipped.to}, ten percent more every minute.\n`,
  )
  const last = await show(target, shipped, traffic)
  const seconds = (performance.now() - begun) / 1000
  await traffic.stop()
  console.log(['', ...conclude(shipped, last, traffic, seconds)].join('\n'))
} catch (error) {
  console.error(isRefusal(error) ? error.message : error)
  process.exitCode = 1
}
