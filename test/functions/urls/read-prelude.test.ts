import { expect, test, vi } from 'vitest'
import { readPrelude } from '../../../src/functions/urls/read-prelude.ts'

const SIZE = 20_000

test('a prelude that comes byte by byte is not copied for each of them', async () => {
  const text = JSON.stringify({ statusCode: 201, headers: { 'x-long': 'x'.repeat(SIZE) } })
  const bytes = new TextEncoder().encode(`${text}${'\0'.repeat(8)}body`)
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(bytes.subarray(at, ++at))
    },
  })
  let copied = 0
  const set = Uint8Array.prototype.set
  const copies = vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (
    this: Uint8Array,
    from,
    to,
  ) {
    copied += from.length
    set.call(this, from, to)
  })
  try {
    const prelude = await readPrelude(body.getReader())
    expect(prelude?.head).toMatchObject({ statusCode: 201 })
  } finally {
    copies.mockRestore()
  }
  expect(copied).toBeGreaterThan(SIZE)
  expect(copied).toBeLessThan(4 * SIZE)
})
