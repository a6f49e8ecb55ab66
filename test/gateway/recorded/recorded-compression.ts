import { resource, snapshot } from '../fake-gateway.ts'
import type { RecordedCase } from './recorded-case.ts'

const api = snapshot([resource('/{proxy+}')], { minimumCompressionSize: 0 })
const encoded = (coding: string, body: string): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-encoding': coding },
})

export const compressed: RecordedCase[] = [
  {
    kind: 'compression',
    source: 'compressedRequest',
    name: 'a coding that is not supported',
    target: '/test/pets',
    request: encoded('br', 'x'),
    status: 415,
    body: { message: 'Unsupported Media Type' },
  },
  {
    kind: 'compression',
    source: 'compressedRequest',
    name: 'a payload that is not compressed as it says',
    target: '/test/pets',
    request: encoded('gzip', '{"type": "dog", "price": 249.99}'),
    status: 415,
    body: { message: 'Unsupported Media Type' },
  },
  {
    kind: 'compression',
    source: 'compressedRequest',
    name: 'identity is no coding',
    target: '/test/pets',
    request: encoded('identity', '{"type": "dog"}'),
    event: { body: '{"type": "dog"}', isBase64Encoded: false },
  },
  {
    kind: 'compression',
    source: 'compressedResponse',
    name: 'without Accept-Encoding nothing is compressed',
    api,
    target: '/test/pets',
    answer: { statusCode: 200, body: '[{"id": 1, "type": "dog"}]' },
    headers: { 'content-encoding': null },
    body: '[{"id": 1, "type": "dog"}]',
  },
  {
    kind: 'compression',
    source: 'compressedResponse',
    name: 'an answer that has a coding is left as it is',
    api,
    target: '/test/pets',
    request: { headers: { 'accept-encoding': 'gzip' } },
    answer: { statusCode: 200, headers: { 'Content-Encoding': 'x-own' }, body: 'packed' },
    headers: { 'content-encoding': 'x-own' },
    body: 'packed',
  },
]
