/** An address as sixteen bytes; those of version 4 are mapped into version 6. */
type Address = readonly number[]

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

/** Whether an address is in a range; undefined if the range is none. `203.0.113.0/24`, `2001:db8::/32`, one address. */
export function ipRange(text: string): ((address: string) => boolean) | undefined {
  const [address = '', length, ...rest] = text.split('/')
  const network = parseAddress(address)
  if (!network || rest.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined
  const isV4 = V4.test(address)
  const bits = length === undefined ? 128 : Number(length) + (isV4 ? 96 : 0)
  if (bits > 128) return undefined
  return actual => {
    const other = parseAddress(actual)
    return other !== undefined && V4.test(actual) === isV4 && sharesBits(network, other, bits)
  }
}

function sharesBits(a: Address, b: Address, bits: number): boolean {
  return a.every((byte, index) => {
    const counted = Math.min(8, Math.max(0, bits - index * 8))
    return (byte ^ b[index]!) >> (8 - counted) === 0
  })
}

function parseAddress(text: string): Address | undefined {
  const v4 = parseV4(text)
  if (v4) return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...v4]
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(half => (half === '' ? [] : groupsOf(half)))
  if (!head || (halves.length === 2 && !tail)) return undefined
  const missing = 16 - head.length - (tail?.length ?? 0)
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  return [...head, ...Array<number>(missing).fill(0), ...(tail ?? [])]
}

function parseV4(text: string): number[] | undefined {
  const bytes = V4.exec(text)?.slice(1).map(Number)
  return bytes?.every(byte => byte < 256) ? bytes : undefined
}

/** Bytes of groups of sixteen bits; the last one may be an address of version 4. */
function groupsOf(text: string): number[] | undefined {
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    const v4 = index === groups.length - 1 ? parseV4(group) : undefined
    if (v4) bytes.push(...v4)
    else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 255)
    } else return undefined
  }
  return bytes
}
