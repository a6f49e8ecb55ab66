import { PLACEHOLDER_KEY_ID } from '../identity/placeholder-key.ts'
import type { Manifest } from './manifest.ts'

/** Set for each isolate on its own. */
export const LOG_STREAM = 'AWS_LAMBDA_LOG_STREAM_NAME'

/**
 * What Lambda sets itself, but {@link LOG_STREAM}: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 * The credentials are placeholders, see {@link PLACEHOLDER_KEY_ID}.
 */
export function reservedVariables(manifest: Manifest): Record<string, string> {
  return {
    _HANDLER: manifest.handler,
    AWS_ACCESS_KEY_ID: PLACEHOLDER_KEY_ID,
    AWS_SECRET_ACCESS_KEY: 'placeholder',
    AWS_SESSION_TOKEN: 'placeholder',
    AWS_REGION: manifest.account.region,
    AWS_DEFAULT_REGION: manifest.account.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${manifest.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: manifest.name,
    AWS_LAMBDA_FUNCTION_VERSION: manifest.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(manifest.memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    ...(manifest.logFormat && { AWS_LAMBDA_LOG_FORMAT: manifest.logFormat }),
    ...(manifest.logLevel && { AWS_LAMBDA_LOG_LEVEL: manifest.logLevel }),
    AWS_LAMBDA_LOG_GROUP_NAME: manifest.logGroup,
    LAMBDA_TASK_ROOT: '/var/task',
    LAMBDA_RUNTIME_DIR: '/var/runtime',
  }
}

/** What Lambda sets unless the function does: the unreserved ones of the same page. */
export const unreservedVariables = ({ runtime }: Manifest): Record<string, string> => ({
  LANG: 'en_US.UTF-8',
  NODE_PATH: nodePath(runtime),
  PATH: '/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin',
  TZ: ':UTC',
})

/**
 * Where packages are looked for after those of the function: first in layers, whose packages may be for one version of
 * Node.js. https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
 *
 * @param runtime `nodejs22.x`
 */
function nodePath(runtime: string): string {
  const major = /\d+/.exec(runtime)?.[0] ?? ''
  return [
    `/opt/nodejs/node${major}/node_modules`,
    '/opt/nodejs/node_modules',
    '/var/runtime/node_modules',
    '/var/runtime',
    '/var/task',
  ].join(':')
}
