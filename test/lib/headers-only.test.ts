import { expect, test } from 'vitest'
import { headersOnly } from '../../src/lib/headers-only.ts'

test('of an answer whose body is still being made its headers remain, and who makes it learns that nobody reads', async () => {
  let isCancelled = false
  const body = new ReadableStream({
    cancel: () => {
      isCancelled = true
    },
  })
  const answer = headersOnly(new Response(body, { status: 206, headers: { 'content-length': '12' } }))
  expect([answer.status, answer.headers.get('content-length'), answer.body]).toEqual([206, '12', null])
  expect(isCancelled).toBe(true)
})

test('an answer whose body is somebody’s, or is none, has its headers', () => {
  const locked = new Response('read elsewhere', { status: 201 })
  locked.body!.getReader()
  expect([headersOnly(locked).status, headersOnly(new Response(null, { status: 304 })).status]).toEqual([
    201, 304,
  ])
})
