import { describe, expect, test } from 'vitest'
import { urlAnswer } from '../../../src/functions/urls/answer.ts'

const JSON_TYPE = ['Content-Type', 'application/json']
const answerOf = (value: unknown) => urlAnswer(JSON.stringify(value))

describe('an answer without a status', () => {
  // What Lambda itself made of these.
  test.each([
    [{ hello: 'world' }, '{"hello":"world"}'],
    [['hello', 3, true], '["hello",3,true]'],
    ['hello', 'hello'],
    [3, '3'],
    [3.1, '3.1'],
    [true, 'true'],
    [null, 'null'],
    [{ body: 'x', headers: { a: 'b' } }, '{"body":"x","headers":{"a":"b"}}'],
  ])('%j is the body', (value, body) => {
    expect(answerOf(value)).toEqual({ status: 200, headers: [JSON_TYPE], body })
  })
})

describe('an answer with a status', () => {
  test('says all of the response', () => {
    expect(
      answerOf({
        statusCode: 201,
        headers: { 'My-Custom-Header': 'Custom Value', 'X-Number': 5, 'X-None': null },
        body: '{"message":"hello"}',
        cookies: ['a=1; Path=/', 'b=2'],
      }),
    ).toEqual({
      status: 201,
      headers: [
        ['My-Custom-Header', 'Custom Value'],
        ['X-Number', '5'],
        ['Set-Cookie', 'a=1; Path=/'],
        ['Set-Cookie', 'b=2'],
        JSON_TYPE,
      ],
      body: '{"message":"hello"}',
    })
  })

  test('may be written in several ways', () => {
    expect(answerOf({ statusCode: '418', body: 'teapot' })).toMatchObject({ status: 418, body: 'teapot' })
    expect(answerOf({ statusCode: 204 })).toMatchObject({ status: 204, body: '' })
    expect(answerOf({ statusCode: 200, headers: null, cookies: null, body: null })).toMatchObject({
      body: '',
    })
    expect(answerOf({ statusCode: 200, body: { a: 1 } })).toMatchObject({ body: '{"a":1}' })
    expect(
      answerOf({ statusCode: 200, headers: { 'content-TYPE': 'text/html' }, body: '' })?.headers,
    ).toEqual([['content-TYPE', 'text/html']])
  })

  test('carries bytes in base64', () => {
    const answer = answerOf({ statusCode: 200, body: '/wD+', isBase64Encoded: true })
    expect([...(answer!.body as Uint8Array)]).toEqual([0xff, 0, 0xfe])
    expect(answerOf({ statusCode: 200, body: '/wD+', isBase64Encoded: false })?.body).toBe('/wD+')
  })

  test('cannot speak of the connection, nor for Weir', () => {
    const headers = {
      'Transfer-Encoding': 'chunked',
      'Keep-Alive': '1',
      'Content-Length': '7',
      Date: 'x',
      'X-Amzn-RequestId': 'mine',
    }
    expect(answerOf({ statusCode: 200, headers })?.headers).toEqual([
      ['x-amzn-Remapped-Content-Length', '7'],
      ['x-amzn-Remapped-Date', 'x'],
      ['x-amzn-Remapped-X-Amzn-RequestId', 'mine'],
      JSON_TYPE,
    ])
  })

  test.each([
    { statusCode: 99 },
    { statusCode: 100 },
    { statusCode: 600 },
    { statusCode: 200.5 },
    { statusCode: 'OK' },
    { statusCode: null },
    { statusCode: 200, headers: [] },
    { statusCode: 200, headers: 'x' },
    { statusCode: 200, headers: { a: { b: 1 } } },
    { statusCode: 200, headers: { 'no name': 'x' } },
    { statusCode: 200, headers: { a: 'b\r\nc: d' } },
    { statusCode: 200, cookies: 'a=1' },
    { statusCode: 200, cookies: [1] },
    { statusCode: 200, cookies: ['a\n'] },
    { statusCode: 200, body: '###', isBase64Encoded: true },
  ])('%j cannot be sent', value => {
    expect(answerOf(value)).toBeUndefined()
  })

  test('that is no JSON cannot be sent', () => {
    expect(urlAnswer('half {')).toBeUndefined()
    expect(urlAnswer('')).toBeUndefined()
  })
})
