import { expect, test } from 'vitest'
import { OwnAddress } from '../../src/functions/own-address.ts'

const at = (host: string) => new Request(`http://${host}/`, { headers: { host } })

function seen(...hosts: string[]): (url: string) => boolean {
  const own = new OwnAddress()
  for (const host of hosts) own.note(at(host))
  return url => own.has(new URL(url))
}

test('nothing is its own before it was reached', () => {
  expect(seen()('http://localhost:8787/')).toBe(false)
})

test('what it was reached under is its own, under any name of the machine it is developed on', () => {
  const own = seen('localhost:8787')
  expect(own('http://localhost:8787/path')).toBe(true)
  expect(own('http://127.0.0.1:8787/')).toBe(true)
  expect(own('http://[::1]:8787/')).toBe(true)
  expect(own('http://localhost:8000/')).toBe(false)
  expect(own('http://192.168.1.4:8787/')).toBe(false)
})

test('the address of one of its APIs tells its own', () => {
  const own = seen('abcdefghij.execute-api.weir.example.com')
  expect(own('https://weir.example.com/')).toBe(true)
  expect(own('https://example.com/')).toBe(false)
})

test('no number of names makes it forget the first, or grow without end', () => {
  const own = seen('weir.example.com', ...Array.from({ length: 1_000 }, (_, n) => `host${n}.example.com`))
  expect(own('https://weir.example.com/')).toBe(true)
  expect(own('https://host999.example.com/')).toBe(false)
})

test("what is no host is nobody's address, and does not keep it from knowing its own", () => {
  const own = new OwnAddress()
  for (const host of ['[::', 'a b', '%%', 'localhost:port', ':', '']) {
    own.note({ url: 'http://localhost/', headers: new Headers({ host }) } as unknown as Request)
  }
  own.note(at('localhost:8787'))
  expect(own.has(new URL('http://127.0.0.1:8787/'))).toBe(true)
})
