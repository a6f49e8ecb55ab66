import { describe, expect, test } from 'vitest'
import { clientPayload, integrationPayload } from '../../../src/gateway/mapping/convert-content.ts'

const BYTES = new Uint8Array([0, 255, 1])
const BASE64 = 'AP8B'

const bytes = (payload: unknown) =>
  typeof payload === 'string' ? payload : payload && [...(payload as Uint8Array)]

// The rows of https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
describe('a request’s payload', () => {
  test.each([
    ['text', undefined, BASE64],
    ['text', 'CONVERT_TO_BINARY', [...BYTES]],
    ['text', 'CONVERT_TO_TEXT', BASE64],
    ['binary', undefined, [...BYTES]],
    ['binary', 'CONVERT_TO_BINARY', [...BYTES]],
    ['binary', 'CONVERT_TO_TEXT', BASE64],
  ] as const)('of %s with %s', (kind, handling, expected) => {
    const payload = integrationPayload({ text: BASE64, isBase64: kind === 'binary' }, handling)
    expect(bytes(payload)).toEqual(expected)
  })

  test('that is no base64 cannot become binary', () => {
    expect(integrationPayload({ text: 'not base64!', isBase64: false }, 'CONVERT_TO_BINARY')).toBeUndefined()
  })
})

describe('a response’s payload', () => {
  test.each([
    ['text', false, undefined, BASE64],
    ['text', false, 'CONVERT_TO_BINARY', [...BYTES]],
    ['text', false, 'CONVERT_TO_TEXT', BASE64],
    ['text', true, undefined, [...BYTES]],
    ['text', true, 'CONVERT_TO_BINARY', [...BYTES]],
    ['text', true, 'CONVERT_TO_TEXT', BASE64],
    ['binary', false, undefined, BASE64],
    ['binary', false, 'CONVERT_TO_BINARY', [...BYTES]],
    ['binary', false, 'CONVERT_TO_TEXT', BASE64],
    ['binary', true, undefined, [...BYTES]],
    ['binary', true, 'CONVERT_TO_BINARY', [...BYTES]],
    ['binary', true, 'CONVERT_TO_TEXT', BASE64],
  ] as const)('of %s, binary accepted: %s, with %s', (kind, accepted, handling, expected) => {
    const isBinary = kind === 'binary'
    const answer = { payload: isBinary ? BYTES : BASE64, isBinary }
    expect(bytes(clientPayload(answer, handling, accepted))).toEqual(expected)
  })

  test('that is no base64 stays text unless it was asked to become binary', () => {
    const answer = { payload: '{"message": "no"}', isBinary: false }
    expect(clientPayload(answer, undefined, true)).toBe('{"message": "no"}')
    expect(clientPayload(answer, 'CONVERT_TO_BINARY', true)).toBeUndefined()
  })
})
