import type { Deployed } from '../examples/pets-api/deploy.ts'
import { DEFAULT_PORT, type DevFlags } from './dev-flags.ts'
import type { Terminal } from './terminal.ts'

/** What `npm run canary` takes without being told. */
const DEFAULT_ADDRESS = `http://localhost:${DEFAULT_PORT}`

interface Introduction {
  readonly address: string
  readonly region: string
  readonly credentials: DevFlags['credentials']
  readonly deployed: Deployed
  readonly style: Terminal['style']
}

/** What is running, and commands to paste. Each of them works by itself, in any shell of a POSIX system in this folder. */
export function introduceExample({ address, region, credentials, deployed, style }: Introduction): string {
  const { functionName, apiId, planId, keyId, key, versions, stages, limits } = deployed
  const url = (stage: string) => `${address}/_aws/execute-api/${apiId}/${stage}/pets`
  const call = `curl -s -H 'x-api-key: ${key}' ${url('prod')}`
  const keys = `AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`
  const aws = `${keys} aws --endpoint-url ${address} --region ${region}`
  const today = new Date().toISOString().slice(0, 10)
  const widest = Math.max(...stages.map(({ name }) => url(name).length))
  const command = (what: string, ...lines: string[]) =>
    ['', style('bold', what), ...lines.map(line => `  ${style('cyan', line)}`)].join('\n')

  return [
    `The example, ${style('bold', 'examples/pets-api')}, answers at`,
    ...stages.map(
      ({ name, runs }) =>
        `  ${name.padEnd(5)} ${url(name).padEnd(widest)}   ${style('dim', describeTargets(runs))}`,
    ),
    `and its key may call it ${limits.rateLimit} times a second, ${limits.burstLimit} at once and ` +
      `${limits.quotaPerDay.toLocaleString('en')} times a day.`,
    command('Call it with its key', call),
    command(
      `Give version ${versions.second} five percent of the traffic`,
      `${aws} \\`,
      `  lambda update-alias --function-name ${functionName} --name prod \\`,
      `  --routing-config 'AdditionalVersionWeights={${versions.second}=0.05}'`,
    ),
    command(
      'See which version answers a hundred calls',
      'for i in $(seq 100); do',
      `  ${call}`,
      'done | sort | uniq -c',
    ),
    command(
      'Ship a version that fails every fifth call, and see it go back',
      `${keys} npm run canary${address === DEFAULT_ADDRESS ? '' : ` -- --url ${address}`}`,
    ),
    command(
      "Look at the key's usage: [[used, left]] of each day",
      `${aws} \\`,
      `  apigateway get-usage --usage-plan-id ${planId} --key-id ${keyId} \\`,
      `  --start-date ${today} --end-date ${today}`,
    ),
  ].join('\n')
}

function describeTargets(runs: Readonly<Record<string, number>>): string {
  const targets = Object.entries(runs).filter(([, share]) => share > 0)
  return targets
    .map(([version, share]) => {
      const name = version === '$LATEST' ? version : `version ${version}`
      return targets.length > 1 ? `${name} (${Math.round(share * 1000) / 10} %)` : name
    })
    .join(', ')
}
