import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The last releases that need neither an account nor a licence: from 14 on the plugin asks for serverless 4. */
const RELEASES = { serverless: '3.40.0', 'serverless-offline': '13.10.1' }

/** With all they depend on they are 280 MB: no matter of `npm install`. */
const INSTALLED = join(tmpdir(), `weir-bench-serverless-offline-${RELEASES['serverless-offline']}`)

const START_PATIENCE_MS = 60_000
const KEY = 'bench-bench-bench-bench-bench'

export interface ServerlessOffline {
  readonly target: { readonly host: string; readonly port: number }
  /** With the key that its method asks for. */
  readonly request: string
  stop(): void
}

/**
 * serverless-offline with the function of the bench behind a method that requires a key. Functions run as it runs them
 * by itself, in threads of which each has one event at a time and that stay for the next; `inProcess`: in its own
 * thread instead, where events overlap and nothing keeps one function from another. Nothing is logged.
 *
 * @returns why there is none, where it cannot be had
 */
export async function startServerlessOffline(
  body: string,
  inProcess: boolean,
): Promise<ServerlessOffline | string> {
  const missing = install()
  if (missing !== undefined) return missing
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-offline-'))
  const [httpPort, lambdaPort] = await freePorts()
  writeFileSync(
    join(folder, 'index.js'),
    `exports.handler = async event => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} })`,
  )
  // YAML is a superset of JSON.
  writeFileSync(
    join(folder, 'serverless.yml'),
    JSON.stringify({
      service: 'bench',
      plugins: ['serverless-offline'],
      provider: {
        name: 'aws',
        runtime: 'nodejs20.x',
        apiGateway: { apiKeys: [{ name: 'bench', value: KEY }] },
      },
      functions: {
        hello: {
          handler: 'index.handler',
          events: [{ http: { path: 'hello', method: 'get', private: true } }],
        },
      },
    }),
  )
  symlinkSync(join(INSTALLED, 'node_modules'), join(folder, 'node_modules'))
  const options = ['--noPrependStageInUrl', '--httpPort', `${httpPort}`, '--lambdaPort', `${lambdaPort}`]
  if (inProcess) options.push('--useInProcess')
  const program = join(INSTALLED, 'node_modules/serverless/bin/serverless.js')
  const server = spawn(process.execPath, [program, 'offline', 'start', ...options], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      ...process.env,
      SLS_LOG_LEVEL: 'error',
      SLS_TELEMETRY_DISABLED: '1',
      SLS_NOTIFICATIONS_MODE: 'off',
    },
  })
  const stop = () => {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  const host = 'localhost'
  const url = `http://${host}:${httpPort}/hello`
  if (!(await answers(url, () => server.exitCode !== null))) {
    stop()
    return 'serverless-offline did not start'
  }
  return {
    target: { host, port: httpPort },
    request: `GET /hello HTTP/1.1\r\nHost: ${host}\r\nx-api-key: ${KEY}\r\n\r\n`,
    stop,
  }
}

/** Once a machine. Returns why it did not go. */
function install(): string | undefined {
  const done = join(INSTALLED, 'installed')
  if (existsSync(done)) return undefined
  const packages = Object.entries(RELEASES).map(([name, release]) => `${name}@${release}`)
  console.error(`installing ${packages.join(' and ')} into ${INSTALLED}, once ...`)
  try {
    mkdirSync(INSTALLED, { recursive: true })
    writeFileSync(join(INSTALLED, 'package.json'), '{"private":true}')
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
    execFileSync('npm', ['install', ...flags, ...packages], { cwd: INSTALLED, stdio: 'ignore' })
    writeFileSync(done, '')
    return undefined
  } catch {
    return 'serverless-offline could not be installed'
  }
}

/** Whether it comes to answer: with a refusal, as it is asked without the key. */
async function answers(url: string, hasEnded: () => boolean): Promise<boolean> {
  const giveUpAt = performance.now() + START_PATIENCE_MS
  while (performance.now() < giveUpAt && !hasEnded()) {
    const response = await fetch(url).catch(() => undefined)
    if (response) return response.status === 403
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  return false
}

/** Two of them at once, so that they differ. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()]
  const ports = await Promise.all(
    servers.map(
      server =>
        new Promise<number>(resolve =>
          server.listen(0, () => resolve((server.address() as { port: number }).port)),
        ),
    ),
  )
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return [ports[0]!, ports[1]!]
}
