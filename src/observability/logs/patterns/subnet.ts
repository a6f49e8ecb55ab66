const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const IPV6 = /^[0-9a-fA-F:.]{2,45}$/

export interface IpAddress {
  readonly bits: 32 | 128
  readonly value: bigint
}

/** Undefined of what is no address. */
export function readIpAddress(text: string): IpAddress | undefined {
  const four = IPV4.exec(text)
  if (four) {
    const parts = four.slice(1).map(Number)
    if (parts.some(part => part > 255)) return undefined
    return { bits: 32, value: parts.reduce((value, part) => value * 256n + BigInt(part), 0n) }
  }
  return IPV6.test(text) && text.includes(':') ? readIpv6(text) : undefined
}

function readIpv6(text: string): IpAddress | undefined {
  const embedded = /^(.*:)([^:]*\.[^:]*)$/.exec(text)
  if (embedded) {
    const four = readIpAddress(embedded[2]!)
    if (four?.bits !== 32) return undefined
    const low = four.value & 0xffffn
    return readIpv6(`${embedded[1]}${(four.value >> 16n).toString(16)}:${low.toString(16)}`)
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(half => (half === '' ? [] : half.split(':')))
  const missing = 8 - head!.length - (tail?.length ?? 0)
  if (tail ? missing < 1 : missing !== 0) return undefined
  const groups = tail ? [...head!, ...Array<string>(missing).fill('0'), ...tail] : head!
  if (!groups.every(group => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return { bits: 128, value: groups.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n) }
}

/** What tells whether an address belongs to a subnet (`10.0.0.0/8`, `2001:db8::/32`); undefined of what is none. */
export function readSubnet(text: string): ((address: string) => boolean) | undefined {
  const [base, length, ...rest] = text.split('/')
  if (length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined
  const network = readIpAddress(base!)
  if (!network || Number(length) > network.bits) return undefined
  const shift = BigInt(network.bits - Number(length))
  return address => {
    const found = readIpAddress(address)
    return found?.bits === network.bits && found.value >> shift === network.value >> shift
  }
}
