import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  PROVIDED_PACKAGES,
  PROVIDED_VERSION,
  SDK_RELEASE,
} from '../../../src/functions/runtime/provided/packages.generated.ts'
import type { PackedHeader } from '../../../src/functions/runtime/provided/packed-files.ts'

const PROVIDED = new URL('../../../src/functions/runtime/provided/', import.meta.url).pathname
const read = (name: string) => JSON.parse(readFileSync(PROVIDED + name, 'utf8'))
const binary = readFileSync(`${PROVIDED}packages.bin`)

test('the packed packages are those of package.json, at its versions', () => {
  expect(createHash('sha256').update(binary).digest('hex').slice(0, 16)).toBe(PROVIDED_VERSION)
  const { version, dependencies } = read('package.json')
  expect(SDK_RELEASE).toBe(version)
  expect([...PROVIDED_PACKAGES]).toEqual(Object.keys(dependencies))
  const headerEnd = 4 + binary.readUInt32LE()
  const header = JSON.parse(inflateRawSync(binary.subarray(4, headerEnd)).toString()) as PackedHeader
  const versions: Record<string, string> = {}
  let start = headerEnd
  for (const { path, packed, size } of header.files) {
    const text = inflateRawSync(binary.subarray(start, start + packed)).toString()
    expect(Buffer.byteLength(text)).toBe(size)
    const name = /^((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(path)?.[1]
    if (name !== undefined) versions[name] = JSON.parse(text).version
    start += packed
  }
  expect(start).toBe(binary.length)
  for (const name in dependencies) expect([name, versions[name]]).toEqual([name, dependencies[name]])
})

test('no client is newer than the release that is stated', () => {
  const number = (version: string) =>
    version
      .split('.')
      .map(part => part.padStart(6, '0'))
      .join('.')
  const { packages } = read('package-lock.json') as { packages: Record<string, { version: string }> }
  for (const path in packages) {
    if (!path.startsWith('node_modules/@aws-sdk/client-')) continue
    expect(number(packages[path]!.version) <= number(SDK_RELEASE)).toBe(true)
  }
})

test('versions are exact', () => {
  for (const version of Object.values(read('package.json').dependencies)) {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  }
})
