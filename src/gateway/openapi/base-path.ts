import { isJsonObject, scalarText } from '../../lib/json-object.ts'
import type { Reading } from './reading.ts'
import { listOf } from './values.ts'

/**
 * What a document's base path is to an import: nothing, the paths' beginning, or the paths' beginning without its
 * first part, which is taken for a stage or a base path mapping.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-basePath.html
 */
export type BasePathMode = 'ignore' | 'prepend' | 'split'

export const BASE_PATH_MODES: readonly string[] = ['ignore', 'prepend', 'split'] satisfies BasePathMode[]

/** What all of a document's paths begin with: '' or a path without a slash at its end. */
export function basePathOf(reading: Reading, mode: BasePathMode): string {
  if (mode === 'ignore') return ''
  const parts = declaredBasePath(reading)
    .split('/')
    .filter(part => part !== '')
  return (mode === 'split' ? parts.slice(1) : parts).map(part => `/${part}`).join('')
}

function declaredBasePath({ root, format }: Reading): string {
  if (format === 'swagger') return scalarText(root.basePath) ?? ''
  const servers = listOf(root.servers).filter(isJsonObject)
  for (const { variables } of servers) {
    const variable = isJsonObject(variables) ? variables.basePath : undefined
    if (isJsonObject(variable)) return scalarText(variable.default) ?? ''
  }
  const url = scalarText(servers[0]?.url) ?? ''
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
  // A variable stands for nothing that is known here.
  return path.includes('{') ? '' : path
}
