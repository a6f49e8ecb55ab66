import { describe, expect, test } from 'vitest'
import { isFilterPattern } from '../../../src/functions/event-sources/check-filter.ts'

describe('a filter pattern', () => {
  test.each([
    '{"body":["order"]}',
    '{"body":{"kind":["order",null,3,true]},"attributes":{"n":[{"exists":false}]}}',
    '{"a":[{"prefix":"x"},{"suffix":{"equals-ignore-case":"Y"}},{"wildcard":"a*b"},{"cidr":"10.0.0.0/8"}]}',
    '{"a":[{"numeric":["=",5]},{"numeric":[">",0,"<=",5]}]}',
    '{"a":[{"anything-but":["x","y"]},{"anything-but":3},{"anything-but":{"prefix":["a","b"]}}]}',
    '{"$or":[{"a":[1]},{"b":{"c":[2]}}]}',
  ])('may be %s', pattern => expect(isFilterPattern(pattern)).toBe(true))

  test.each([
    '',
    'text',
    '[]',
    '{}',
    '"text"',
    'null',
    '{"a":"x"}',
    '{"a":[]}',
    '{"a":[["x"]]}',
    '{"a":[{}]}',
    '{"a":[{"unknown":1}]}',
    '{"a":[{"prefix":1}]}',
    '{"a":[{"prefix":"a","suffix":"b"}]}',
    '{"a":[{"exists":"yes"}]}',
    '{"a":[{"numeric":[">","0"]}]}',
    '{"a":[{"numeric":[">",5,"<",5]}]}',
    '{"a":[{"anything-but":["x",1]}]}',
    '{"a":[{"toString":1}]}',
    '{"$or":[{"a":[1]}]}',
  ])('is not %s', pattern => expect(isFilterPattern(pattern)).toBe(false))
})
