import { firstLabelBefore, segmentBehind, splitUrl, type UrlParts } from '../../lib/url-parts.ts'

/** A request of a function URL: which URL, and what of the path is the function's. */
export interface UrlAddress {
  readonly urlId: string
  /** Still percent-encoded, and never empty. */
  readonly rawPath: string
  readonly url: UrlParts
}

const HOST_LABEL = '.lambda-url.'
const PATH_PREFIX = '/_aws/lambda-url/'

/**
 * The function URL whose own host a request names; undefined when it names another.
 *
 * `http://{urlId}.lambda-url.{anything}/{path}` is recognised by its labels, as hosts of APIs are, so the same code
 * serves localhost, a company's domain and AWS's own `{urlId}.lambda-url.{region}.on.aws`.
 */
export function urlOfHost(request: Pick<Request, 'url'>): UrlAddress | undefined {
  const url = splitUrl(request.url)
  const { host, path } = url
  const urlId = firstLabelBefore(host, HOST_LABEL)
  return urlId === undefined ? undefined : { urlId, rawPath: path || '/', url }
}

/** As {@link urlOfHost}, for `/_aws/lambda-url/{urlId}/{path}`, which works on every host. */
export function urlOfPath(request: Pick<Request, 'url'>): UrlAddress | undefined {
  const url = splitUrl(request.url)
  const { path } = url
  const found = segmentBehind(path, PATH_PREFIX)
  return found && { urlId: found.name, rawPath: path.slice(found.end) || '/', url }
}

/**
 * Where a function URL is reached. Every name below `localhost` is this machine, so there it has a host of its own,
 * as on AWS. Elsewhere such a name needs DNS and a certificate that nobody may have made; the path always works.
 *
 * @param origin scheme and host under which this Weir was reached
 */
export function addressOfUrl(origin: string, urlId: string): string {
  const { scheme, host } = splitUrl(origin)
  return LOCALHOST.test(host)
    ? `${scheme}://${urlId}${HOST_LABEL}${host}/`
    : `${scheme}://${host}${PATH_PREFIX}${urlId}/`
}

const LOCALHOST = /^(?:[a-z0-9-]+\.)*localhost(?::\d+)?$/i
