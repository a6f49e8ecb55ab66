import { describe, expect, it } from 'vitest'
import { compileFilterPattern } from '../../../../src/observability/logs/patterns/filter-pattern.ts'
import { Message } from '../../../../src/observability/logs/patterns/json-message.ts'

function compiled(pattern: string) {
  const result = compileFilterPattern(pattern)
  if (!result.ok) throw new Error(result.message)
  const { pattern: read } = result
  return {
    matches: (text: string) => read.matches(new Message(text)),
    extract: (text: string) => read.extract(new Message(text)),
  }
}

/** Which of the messages a pattern finds. */
const found = (pattern: string, messages: readonly string[]) => messages.filter(compiled(pattern).matches)

const refusalOf = (pattern: string) => {
  const result = compileFilterPattern(pattern)
  return result.ok ? undefined : result.message
}

// The examples, and most of the patterns, are those of
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

describe('terms', () => {
  const messages = [
    '[ERROR 400] BAD REQUEST',
    '[ERROR 401] UNAUTHORIZED REQUEST',
    '[ERROR 419] MISSING ARGUMENTS',
    '[WARN 500] INTERNAL SERVER ERRORS',
  ]
  it.each([
    ['', [0, 1, 2, 3]],
    ['" "', [0, 1, 2, 3]],
    ['ERROR', [0, 1, 2, 3]],
    ['error', []],
    ['ERROR ARGUMENTS', [2]],
    ['?BAD ?ARGUMENTS', [0, 2]],
    ['?WARN REQUEST', [0, 1]],
    ['ERROR -ARGUMENTS', [0, 1, 3]],
    ['-ARGUMENTS -"BAD REQUEST"', [1, 3]],
    ['"INTERNAL SERVER ERROR"', [3]],
    ['" 400"', [0]],
    ['%[45]0[01]%', [0, 1, 3]],
    ['%^.WARN% SERVER', [3]],
  ])('finds by %s', (pattern, expected) => {
    expect(found(pattern, messages)).toEqual(expected.map(index => messages[index]))
  })
})

describe('conditions about JSON', () => {
  const document = JSON.stringify({
    eventType: 'UpdateTrail',
    sourceIPAddress: '111.111.111.111',
    arrayKey: ['value', 'another value'],
    objectList: [
      { name: 'a', id: 1 },
      { name: 'b', id: 2 },
    ],
    SomeObject: null,
    ThisFlag: true,
    latency: 51.5,
    tiny: 0.001,
    coordinates: [[0, 1, 2]],
    'dotted.name': 'x',
  })
  it.each([
    '{ $.eventType = "UpdateTrail" }',
    '{$.eventType=UpdateTrail}',
    '{ $.eventType = "Update*" && $.eventType = "*Trail" && $.eventType = *pdateT* }',
    '{ $.sourceIPAddress != 123.123.* }',
    '{ $.sourceIPAddress = 111.111.0.0/16 }',
    '{ $.arrayKey[0] = "value" }',
    '{ $.arrayKey[*] = "another value" }',
    '{ $.objectList[1].id = 2 }',
    '{ $.objectList[*].id >= 2 }',
    '{ $.SomeObject IS NULL }',
    '{ $.SomeOtherObject NOT EXISTS }',
    '{ $.ThisFlag IS TRUE }',
    '{ $.latency > +50 && $.latency < 1e+3 }',
    '{ $.tiny = 1e-3 }',
    '{ $.coordinates[0][1] = 1 }',
    '{ $.latency = * }',
    '{ $.eventType = %^Up[a-z]+Trail$% }',
    '{ $.eventType = "no" && $.tiny = 5 || $.latency = 51.5 }',
    '{ ($.eventType = "no" || $.latency > 5) && $.tiny < 1 }',
    '{ $.["dotted.name"] = x }',
  ])('finds by %s', pattern => {
    expect(compiled(pattern).matches(document)).toBe(true)
  })

  it.each([
    '{ $.eventType = "updateTrail" }',
    '{ $.eventType = "Up*Trail" }',
    '{ $.sourceIPAddress != 111.111.* }',
    '{ $.sourceIPAddress = 112.0.0.0/8 }',
    '{ $.arrayKey = "value" }',
    '{ $.arrayKey != "value" }',
    '{ $.missing != "value" }',
    '{ $.SomeObject NOT EXISTS }',
    '{ $.ThisFlag IS FALSE }',
    '{ $.latency > 51.5 }',
    '{ ($.eventType = "no" || $.latency > 5) && $.tiny > 1 }',
    '{ $.coordinates[0][7] = * }',
  ])('finds nothing by %s', pattern => {
    expect(compiled(pattern).matches(document)).toBe(false)
  })

  it('finds nothing in what is no JSON', () => {
    expect(found('{ $.a NOT EXISTS }', ['plain', '{"b":1', '{}', '"a"'])).toEqual(['{}'])
  })
})

describe('fields with blanks between them', () => {
  const request = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'

  it.each([
    '[ip, user, username, timestamp, request, status_code, bytes]',
    '[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]',
    '[..., status_code = 404 || status_code = 410, bytes]',
    '[..., status_code = 4* && bytes > 1000]',
    '[..., request=*.html*, status_code=4*,]',
    '[ip != 10.*, ...]',
    '[ip = 127.0.0.0/8, ...]',
    '[ip, ..., bytes >= 1.534e3]',
    '[..., status_code = %4[0-9]{2}%, bytes]',
    '[]',
  ])('finds by %s', pattern => {
    expect(compiled(pattern).matches(request)).toBe(true)
  })

  it.each([
    '[ip, user]',
    '[..., status_code = 5*, bytes]',
    '[..., bytes > 2000]',
    '[a, b, c, d, e, f, g, h, ...]',
    '[..., (status_code = 404 && status_code < 10) || status_code = 500, bytes]',
  ])('finds nothing by %s', pattern => {
    expect(compiled(pattern).matches(request)).toBe(false)
  })

  it('tells what the fields are, by name or by number', () => {
    expect(compiled('[..., request=*.html*, status_code=4*,]').extract(request)).toEqual({
      $1: '127.0.0.1',
      $2: '-',
      $3: 'frank',
      $4: '10/Oct/2000:13:25:15 -0700',
      $request: 'GET /index.html HTTP/1.0',
      $status_code: '404',
      $7: '1534',
    })
    expect(compiled('[a, b]').extract(request)).toBeUndefined()
    expect(compiled('ERROR').extract('an ERROR')).toEqual({})
  })

  it('reads a message full of brackets that nobody closes in time', () => {
    const message = '[ " '.repeat(60_000)
    expect(compiled('[a, b]').matches(message)).toBe(false)
  })
})

describe('what cannot be read', () => {
  it.each([
    ['not-quoted', "Invalid character(s) in term 'not-quoted'"],
    ['"open', '" is missing'],
    ['%(a)%', 'not supported'],
    ['%something!%', 'not supported'],
    ['%a% %b% %c%', 'at most 2 regular expressions'],
    ['{ $.a }', 'an operator is missing'],
    ['{ $.a > x }', '> compares with a number'],
    ['{ $.a = 1', '} is missing'],
    ['{ a = 1 }', 'a selector'],
    ['{ $.a[*].b[*] = 1 }', 'at most one wildcard'],
    ['{ $.a = 1 } x', 'nothing may follow'],
    ['[a, a]', 'two fields'],
    ['[..., a, ...]', 'at most one ...'],
    ['[a', 'an operator is missing'],
    ['[a=1', '] is missing'],
  ])('is refused: %s', (pattern, reason) => {
    expect(refusalOf(pattern)).toContain(reason)
  })
})
