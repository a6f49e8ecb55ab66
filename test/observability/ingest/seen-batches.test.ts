import { expect, test } from 'vitest'
import { SeenBatches } from '../../../src/observability/ingest/seen-batches.ts'

const batch = (number: number, sender = 'isolate') => ({ sender, number, items: [] })

test('takes a batch that arrives after later ones of its sender', async () => {
  const seen = new SeenBatches()
  const taken: number[] = []
  for (const number of [2, 1, 2, 1])
    await seen.once(batch(number), async () => {
      taken.push(number)
    })
  expect(taken).toEqual([2, 1])
})

test('writes a batch once that is sent again while it is being written, and answers both after it', async () => {
  const seen = new SeenBatches()
  const writing = Promise.withResolvers<void>()
  let times = 0
  const take = () => {
    times += 1
    return writing.promise
  }
  let answers = 0
  const both = [1, 2].map(() => seen.once(batch(1), take).then(() => answers++))
  await Promise.resolve()
  expect(answers).toBe(0)
  writing.resolve()
  await Promise.all(both)
  expect(times).toBe(1)
})

test('takes a batch again that could not be written', async () => {
  const seen = new SeenBatches()
  await expect(seen.once(batch(1), () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  let times = 0
  await seen.once(batch(1), async () => {
    times += 1
  })
  expect(times).toBe(1)
})
