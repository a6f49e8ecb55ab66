/**
 * Whether a URL's hostname is an address that only makes sense inside a network: loopback, link-local, private,
 * carrier-grade NAT, multicast, unspecified. Every spelling of an address counts (hexadecimal, octal, one number, zeros
 * that could be left out), as it does where it is looked up; what no URL can have for a host is not public either.
 * Names that resolve to such addresses cannot be told by their spelling; the platform's egress does not route them.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = URL.parse(`http://${hostname}/`)?.hostname.replace(/\.$/, '')
  if (!host || SEPARATORS.test(hostname)) return true
  if (host.startsWith('[')) return isPrivateV6(host.slice(1, -1))
  const octets = V4.exec(host)
  if (octets) return isPrivateV4(Number(octets[1]), Number(octets[2]))
  return !host.includes('.') || PRIVATE_SUFFIXES.some(suffix => host.endsWith(suffix))
}

/** Whether a URL's hostname is this machine itself, as URLs write it. */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname)

const LOOPBACK = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** They end a URL's host, or stand before it. */
const SEPARATORS = /[/\\?#@\s]/

const V4 = /^(\d+)\.(\d+)\.\d+\.\d+$/

const PRIVATE_SUFFIXES = ['.localhost', '.local', '.internal', '.home.arpa']

/** https://www.iana.org/assignments/iana-ipv4-special-registry */
function isPrivateV4(a: number, b: number): boolean {
  return (
    a === 0 ||
    a === 10 ||
    a === 127 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 198 && (b === 18 || b === 19)) ||
    a >= 224
  )
}

/** https://www.iana.org/assignments/iana-ipv6-special-registry */
function isPrivateV6(address: string): boolean {
  if (address === '::' || address === '::1') return true
  const mapped = /^(?:::ffff:|::ffff:0:|64:ff9b::|::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address)
  if (mapped) return isPrivateGroup(mapped[1]!)
  // 6to4: the address of version 4 follows.
  const tunnelled = /^2002:([0-9a-f]{1,4})?:/.exec(address)
  if (tunnelled) return isPrivateGroup(tunnelled[1] ?? '0')
  const first = Number.parseInt(address.split(':')[0] || '0', 16)
  return (first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80 || (first & 0xff00) === 0xff00
}

/** The first half of an address of version 4, in hexadecimal digits. */
function isPrivateGroup(digits: string): boolean {
  const half = Number.parseInt(digits, 16)
  return isPrivateV4(half >> 8, half & 0xff)
}
