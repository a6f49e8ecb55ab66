/** The parts of a request's URL, cut out of its text: nothing is decoded, normalised or parsed. */
export interface UrlParts {
  /** `http` or `https`. */
  readonly scheme: string
  /** As sent, with the port. */
  readonly host: string
  /** '' or starting with a slash. */
  readonly path: string
  /** Without the question mark; '' without one. */
  readonly query: string
}

/** `url` is absolute, as `Request.url` always is. */
export function splitUrl(url: string): UrlParts {
  // Those who decide what a request is for ask in turn.
  if (url === latest.url) return latest.parts
  latest = { url, parts: cut(url) }
  return latest.parts
}

function cut(url: string): UrlParts {
  const hash = url.indexOf('#')
  const end = hash < 0 ? url.length : hash
  const hostAt = url.indexOf('://') + 3
  let pathEnd = url.indexOf('?', hostAt)
  if (pathEnd < 0 || pathEnd > end) pathEnd = end
  const pathAt = Math.min(slashAfter(url, hostAt), pathEnd)
  return {
    scheme: url.slice(0, hostAt - 3),
    host: url.slice(hostAt, pathAt),
    path: url.slice(pathAt, pathEnd),
    query: url.slice(pathEnd + 1, end),
  }
}

let latest = { url: '', parts: cut('') }

/** What stands before `label` (`.execute-api.`) in a host as its first label, in lower case; undefined when nothing does. */
export function firstLabelBefore(host: string, label: string): string | undefined {
  const at = host.toLowerCase().indexOf(label)
  return at > 0 && host.indexOf('.') === at ? host.slice(0, at).toLowerCase() : undefined
}

/** The part of a path behind `prefix`, in lower case, and the index of its end; undefined when it is another path. */
export function segmentBehind(path: string, prefix: string): { name: string; end: number } | undefined {
  if (!path.startsWith(prefix)) return undefined
  const end = slashAfter(path, prefix.length)
  return end === prefix.length ? undefined : { name: path.slice(prefix.length, end).toLowerCase(), end }
}

/** Index of the next slash at or after `from`, or the text's end. */
export function slashAfter(text: string, from: number): number {
  const at = text.indexOf('/', from)
  return at < 0 ? text.length : at
}
