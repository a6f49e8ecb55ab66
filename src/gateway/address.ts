import { firstLabelBefore, segmentBehind, slashAfter, splitUrl } from '../lib/url-parts.ts'

/** A request of a deployed API: which API, which stage, and what of the path is left for the API's resources. */
export interface ApiAddress {
  readonly apiId: string
  readonly stage: string
  /** After the stage, still percent-encoded and with every slash that was sent: '', '/', '/pets/4', '//a'. */
  readonly rawPath: string
  /** On a custom domain, what stood before: '' or '/v1'. Absent on the API's default endpoint. */
  readonly basePath?: string
}

const HOST_LABEL = '.execute-api.'
const PATH_PREFIX = '/_aws/execute-api/'

/**
 * The API that a request is for; undefined when it is for something else.
 *
 * `http://{apiId}.execute-api.{anything}/{stage}/{path}` is recognised by its labels, not by a domain, so the same
 * code serves localhost, a company's domain and AWS's own names. `/_aws/execute-api/{apiId}/{stage}/{path}` works
 * on every host, for clients that cannot resolve the names.
 */
export function apiAddress(request: Pick<Request, 'url'>): ApiAddress | undefined {
  const { host, path } = splitUrl(request.url)
  if (path.startsWith(PATH_PREFIX)) {
    const found = segmentBehind(path, PATH_PREFIX)
    return found && inStage(found.name, path, found.end)
  }
  const apiId = firstLabelBefore(host, HOST_LABEL)
  return apiId === undefined ? undefined : inStage(apiId, path, 0)
}

/** Whether the host itself names an API, so that every path on it is the API's. */
export const isApiHost = (request: Pick<Request, 'url'>): boolean =>
  firstLabelBefore(splitUrl(request.url).host, HOST_LABEL) !== undefined

/** The stage and the rest of a path from `at` on. API Gateway overlooks additional slashes before the stage. */
export function inStage(apiId: string, path: string, at: number): ApiAddress {
  let start = at
  while (path.charCodeAt(start) === SLASH) start += 1
  const end = slashAfter(path, start)
  return { apiId, stage: path.slice(start, end), rawPath: path.slice(end) }
}

const SLASH = 0x2f
