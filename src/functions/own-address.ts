/** More than a Weir has names: its own, the platform's, those of the machine it is developed on. */
const MOST = 32

/** What stands before Weir's own name in the hosts of APIs and of function URLs. */
const API_LABELS = /^[a-z0-9-]+\.(?:execute-api|lambda-url|appsync-api|appsync-realtime-api)\./

/**
 * Where this Weir was reached, as far as this isolate has seen: so that a function's call of that address is known
 * for one of Weir's own services. A Weir in development is called by several names of the same machine and port.
 */
export class OwnAddress {
  readonly #hosts = new Set<string>()
  #last = ''

  note({ headers, url }: Request): void {
    const host = headers.get('host') ?? new URL(url).host
    // Nearly every request comes to the name of the one before.
    if (host === this.#last) return
    this.#last = host
    // Who asks may write anything there.
    if (URL.canParse(`http://${host}`) && this.#hosts.size < MOST)
      this.#hosts.add(host.toLowerCase().replace(API_LABELS, ''))
  }

  has({ hostname, host, port }: URL): boolean {
    if (this.#hosts.has(host)) return true
    return isLoopback(hostname) && [...this.#hosts].some(own => isLoopbackAt(own, port))
  }
}

const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname.startsWith('127.') ||
  hostname === '[::1]'

function isLoopbackAt(host: string, port: string): boolean {
  const own = new URL(`http://${host}`)
  return own.port === port && isLoopback(own.hostname)
}
