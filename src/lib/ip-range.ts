/** An address of version 6 as sixteen bytes. */
type Address = readonly number[]

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

/** Whether an address is in a range; undefined if the range is none. `203.0.113.0/24`, `2001:db8::/32`, one address. */
export function ipRange(text: string): ((address: string) => boolean) | undefined {
  const [address = '', length, ...rest] = text.split('/')
  if (rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined
  const v4 = parseV4(address)
  if (v4 !== undefined) return v4Range(v4, length === undefined ? 32 : Number(length))
  const network = parseV6(address)
  const bits = length === undefined ? 128 : Number(length)
  if (!network || bits > 128) return undefined
  return actual => {
    const other = parseV6(actual)
    return other !== undefined && sharesBits(network, other, bits)
  }
}

function v4Range(network: number, bits: number): ((address: string) => boolean) | undefined {
  if (bits > 32) return undefined
  const others = 2 ** (32 - bits)
  const prefix = Math.floor(network / others)
  return actual => {
    const other = parseV4(actual)
    return other !== undefined && Math.floor(other / others) === prefix
  }
}

function sharesBits(a: Address, b: Address, bits: number): boolean {
  return a.every((byte, index) => {
    const counted = Math.min(8, Math.max(0, bits - index * 8))
    return (byte ^ b[index]!) >> (8 - counted) === 0
  })
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(half => (half === '' ? [] : groupsOf(half)))
  if (!head || (halves.length === 2 && !tail)) return undefined
  const missing = 16 - head.length - (tail?.length ?? 0)
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  return [...head, ...Array<number>(missing).fill(0), ...(tail ?? [])]
}

/** An address of version 4 as a number. */
function parseV4(text: string): number | undefined {
  const [, a, b, c, d] = V4.exec(text) ?? []
  if (a === undefined) return undefined
  const bytes = [Number(a), Number(b), Number(c), Number(d)] as const
  if (bytes.some(byte => byte > 255)) return undefined
  return ((bytes[0] * 256 + bytes[1]) * 256 + bytes[2]) * 256 + bytes[3]
}

/** Bytes of groups of sixteen bits; the last one may be an address of version 4. */
function groupsOf(text: string): number[] | undefined {
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    const v4 = index === groups.length - 1 ? parseV4(group) : undefined
    if (v4 !== undefined) bytes.push(...[24, 16, 8, 0].map(shift => Math.floor(v4 / 2 ** shift) % 256))
    else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 255)
    } else return undefined
  }
  return bytes
}
