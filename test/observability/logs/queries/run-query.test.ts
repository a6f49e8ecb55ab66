import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GROUP, query, ran, refusalOf } from './query-harness.ts'

const requests = [
  { path: '/a', status: 200, ms: 10, ip: '10.1.2.3', user: { id: 'ada', roles: ['x', 'y'] } },
  { path: '/b', status: 404, ms: 30, ip: '192.168.0.9' },
  { path: '/a', status: 500, ms: 20, ip: '2001:db8::7', user: { id: 'bob', roles: [] } },
  { path: '/a', status: 200, ms: 40, ip: 'none' },
]

describe('fields and display', () => {
  it('shows time and message, newest first, where nothing is said', () => {
    expect(query('filter @message like "o"', ['one', 'two', 'six'])).toEqual([
      { '@timestamp': '2026-11-23 15:00:01.000', '@message': 'two' },
      { '@timestamp': '2026-11-23 15:00:00.000', '@message': 'one' },
    ])
  })

  it('gives every line its place, and what is known of it', () => {
    expect(ran('fields @log, @logStream, @ingestionTime', ['x']).rows).toEqual([
      {
        '@ptr': expect.stringMatching(/^[\w+/]{20,}=*$/),
        '@log': `${GROUP.account}:${GROUP.name}`,
        '@logStream': 'stream-0',
        '@ingestionTime': '2026-11-23 15:00:00.005',
      },
    ])
  })

  it('shows what is computed, under its text or its name, and only what display says', () => {
    expect(query('fields path, ms * 2 + 1 as more, concat(path, "!") | sort ms | limit 1', requests)).toEqual(
      [{ path: '/a', more: '21', 'concat(path, "!")': '/a!' }],
    )
    expect(query('fields path, ms | display status | sort ms asc | limit 1', requests)).toEqual([
      { status: '200' },
    ])
  })

  it('finds members of JSON, nested ones too, also behind what functions write in front', () => {
    expect(query('fields user.id, user.roles.1, user.roles[0] | sort ms | limit 1', requests)).toEqual([
      { 'user.id': 'ada', 'user.roles.1': 'y', 'user.roles[0]': 'x' },
    ])
    expect(query('fields a', ['2026-11-23T15:00:00.000Z\tid\tINFO\t{"a":5}'])).toEqual([{ a: '5' }])
    expect(query('fields `odd-name`, `a.b`', [{ 'odd-name': 1, 'a.b': 2 }])).toEqual([
      { 'odd-name': '1', 'a.b': '2' },
    ])
  })
})

describe('filter', () => {
  it.each([
    ['status = 404', ['/b']],
    ['status >= 400 and path = "/a"', ['/a']],
    ['status in [404, 500]', ['/b', '/a']],
    ['status not in [404, 200]', ['/a']],
    ['not (status = 200 or ms > 20)', ['/a']],
    ['path like /^\\/[bc]$/', ['/b']],
    ['path =~ /B/', []],
    ['path like /(?i)B/', ['/b']],
    ['path not like "b" and status != 200', ['/a']],
    ['ispresent(user.id) and status > 200', ['/a']],
    ['isIpv4InSubnet(ip, "10.0.0.0/8")', ['/a']],
    ['isIpv6InSubnet(ip, "2001:db8::/32")', ['/a']],
    ['isIpInSubnet(ip, "192.168.0.0/16")', ['/b']],
    ['isValidIp(ip) = 0', ['/a']],
    ['strcontains(path, "b")', ['/b']],
    ['ms % 20 = 10 and -ms < 0', ['/a', '/b']],
    ['ms ^ 2 = 1600 && (status = 200 || status = 1)', ['/a']],
    ['missing > 1', []],
    ['missing = ""', []],
    ['ip < 7', []],
    ['ip < "1x"', ['/a', '/b']],
  ])('lets pass where %s', (condition, paths) => {
    expect(query(`fields path | filter ${condition} | sort @timestamp asc`, requests)).toEqual(
      paths.map(path => ({ path })),
    )
  })

  it('says how many lines it has read, and how many it let pass', () => {
    const { statistics } = ran('filter status = 200 | limit 1', requests)
    expect(statistics).toMatchObject({ recordsScanned: 4, recordsMatched: 2 })
    expect(statistics.bytesScanned).toBe(requests.map(each => JSON.stringify(each)).join('').length)
  })
})

describe('stats', () => {
  it('adds up all rows, or those of each value', () => {
    expect(
      query(
        'stats count(*), sum(ms) as total, avg(ms), min(ms), max(ms), pct(ms, 50), stddev(ms), count_distinct(path)',
        requests,
      ),
    ).toEqual([
      {
        'count(*)': '4',
        total: '100',
        'avg(ms)': '25',
        'min(ms)': '10',
        'max(ms)': '40',
        'pct(ms, 50)': '20',
        'stddev(ms)': String(Math.sqrt(125)),
        'count_distinct(path)': '2',
      },
    ])
    expect(query('stats count(*) as n, sum(ms) / count(*) as mean by path | sort n desc', requests)).toEqual([
      { path: '/a', n: '3', mean: String(70 / 3) },
      { path: '/b', n: '1', mean: '30' },
    ])
  })

  it('counts by periods, and goes on with what it has counted', () => {
    expect(query('stats count(user.id) as users by bin(2s) as t | sort t asc', requests)).toEqual([
      { t: '2026-11-23 15:00:00.000', users: '1' },
      { t: '2026-11-23 15:00:02.000', users: '1' },
    ])
    expect(query('stats count(*) as n by path | stats max(n) as most', requests)).toEqual([{ most: '3' }])
    expect(query('stats count(*) by bin(1mo)', requests)).toEqual([
      { 'bin(1mo)': '2026-11-01 00:00:00.000', 'count(*)': '4' },
    ])
  })

  it('knows the first and last by time and by order', () => {
    expect(
      query('stats earliest(path), latest(status), sortsFirst(path), sortsLast(path)', requests),
    ).toEqual([
      { 'earliest(path)': '/a', 'latest(status)': '200', 'sortsFirst(path)': '/a', 'sortsLast(path)': '/b' },
    ])
  })

  it('estimates percentiles and distinct values of many within one per cent', () => {
    const many = Array.from({ length: 30_000 }, (_, i) => ({ n: i }))
    const [row] = query('stats pct(n, 90) as p90, count_distinct(n) as distinct', many)
    expect(Math.abs(Number(row?.p90) / 27_000 - 1)).toBeLessThan(0.01)
    expect(Math.abs(Number(row?.distinct) / 30_000 - 1)).toBeLessThan(0.03)
  })
})

describe('sort, limit and dedup', () => {
  it('sorts texts before numbers, and digits in texts by size', () => {
    const values = [{ v: 10 }, { v: 'b2' }, { v: 9 }, { v: 'b10' }, { v: 'a' }]
    expect(query('fields v | sort v', values).map(({ v }) => v)).toEqual(['a', 'b2', 'b10', '9', '10'])
    expect(query('fields v | sort v desc | limit 2', values).map(({ v }) => v)).toEqual(['10', '9'])
  })

  it('keeps the first of each value, and all that have none', () => {
    expect(query('fields path, ms | sort ms desc | dedup path', [...requests, { ms: 1 }, { ms: 2 }])).toEqual(
      [{ path: '/a', ms: '40' }, { path: '/b', ms: '30' }, { ms: '2' }, { ms: '1' }],
    )
  })

  it('takes the limit of the query before that of the call', () => {
    expect(query('fields ms', requests, 2)).toHaveLength(2)
    expect(query('fields ms | limit 3', requests, 2)).toHaveLength(3)
  })

  it('finds the same first rows however many it drops meanwhile', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1, maxLength: 3000 }), numbers => {
        const rows = query(
          'fields n | sort n desc | limit 3',
          numbers.map(n => ({ n })),
        )
        const expected = [...numbers].sort((a, b) => b - a).slice(0, 3)
        expect(rows.map(({ n }) => Number(n))).toEqual(expected)
      }),
      { numRuns: 20 },
    )
  })
})

describe('parse', () => {
  const line = '25 May 2019 10:24:39,474 [ERROR] {fooBar=3} method: get, took 12 ms'

  it('takes a text apart by asterisks', () => {
    expect(
      query('parse @message "[*] * method: *, took * ms" as level, b, m, @ms | display level, m, @ms', [
        line,
      ]),
    ).toEqual([{ level: 'ERROR', m: 'get', '@ms': '12' }])
    expect(query(`parse 'method: *' as rest | fields rest`, [line])).toEqual([{ rest: 'get, took 12 ms' }])
    expect(query('parse @message "nothing *" as x | fields x, 1 as one', [line])).toEqual([{ one: '1' }])
  })

  it('takes a text apart by named groups', () => {
    expect(
      query(
        'parse @message /\\[(?<level>\\S+)\\].*took (?<ms>\\d+) ms/ | filter ms > 5 | display level, ms',
        [line],
      ),
    ).toEqual([{ level: 'ERROR', ms: '12' }])
  })

  it('reads texts as JSON, whose lists become rows', () => {
    const text = { body: '{"list":[{"n":1},{"n":2}]}' }
    expect(query('fields jsonParse(body) as j | display j.list[1].n', [text])).toEqual([
      { 'j.list[1].n': '2' },
    ])
    expect(query('fields jsonParse(body) as j | unnest j.list into item | display item.n', [text])).toEqual([
      { 'item.n': '1' },
      { 'item.n': '2' },
    ])
  })
})

describe('functions', () => {
  it.each([
    ['abs(-2.5)', '2.5'],
    ['ceil(1.2) + floor(1.8)', '3'],
    ['greatest(1, 3, 2) - least(4, 2)', '1'],
    ['log(1)', '0'],
    ['sqrt(16)', '4'],
    ['2 + 3 * 2 ^ 2', '14'],
    ['(2 + 3) * 2', '10'],
    ['coalesce(missing, "x")', 'x'],
    ['isempty(missing)', '1'],
    ['isblank("  ")', '1'],
    ['trim("  a ")', 'a'],
    ['ltrim("xxa", "x")', 'a'],
    ['rtrim("axx", "x")', 'a'],
    ['strlen("añb")', '3'],
    ['toupper("a")', 'A'],
    ['tolower("A")', 'a'],
    ['substr("xyZfooxyZ", 3)', 'fooxyZ'],
    ['substr("xyZfooxyZ", 3, 4)', 'foox'],
    ['replace("a-b-c", "-", "$&")', 'a$&b$&c'],
    ['datefloor(fromMillis(1763909999999), 1h)', '2025-11-23 14:00:00.000'],
    ['dateceil(fromMillis(1763909999999), 1d)', '2025-11-24 00:00:00.000'],
    ['toMillis(datefloor(@timestamp, 1y))', '1767225600000'],
    ['jsonStringify(jsonParse("[1, 2]"))', '[1,2]'],
  ])('%s is %s', (expression, expected) => {
    expect(query(`fields ${expression} as x`, ['{}'])).toEqual([{ x: expected }])
  })

  it('leaves out what cannot be computed', () => {
    expect(
      query('fields 1 / 0 as x, missing + 1 as y, sqrt(-1) as z, "a" * 2 as w, 1 as one', ['{}']),
    ).toEqual([{ one: '1' }])
  })
})

it('knows fields of the lines that the platform writes about a function', () => {
  const id = '8f507cfc-1234-4697-b07a-ac58fc914c95'
  const report = `REPORT RequestId: ${id}\tDuration: 102.25 ms\tBilled Duration: 103 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tInit Duration: 5.50 ms\t`
  expect(
    query(
      'fields @type, @requestId, @duration, @billedDuration, @memorySize, @maxMemoryUsed, @initDuration | sort @timestamp asc',
      [`START RequestId: ${id} Version: 1`, `2026-11-23T15:00:00.000Z\t${id}\tINFO\thello`, report],
    ),
  ).toEqual([
    { '@type': 'START', '@requestId': id },
    { '@requestId': id },
    {
      '@type': 'REPORT',
      '@requestId': id,
      '@duration': '102.25',
      '@billedDuration': '103',
      '@memorySize': '128000000',
      '@maxMemoryUsed': '64000000',
      '@initDuration': '5.5',
    },
  ])
})

describe('what cannot be read', () => {
  it.each([
    ['', 0, 'a command is missing'],
    ['pattern @message', 7, 'pattern is not known'],
    ['fields a b', 9, 'not understood'],
    ['fields nofun(a)', 13, 'no function nofun'],
    ['fields count(*)', 13, 'belongs to stats'],
    ['filter a like', 13, 'is missing'],
    ['filter a like /(/', 17, 'not a regular expression'],
    ['parse @message "a * b *" as x', 29, '2 asterisks have 1 names'],
    ['limit 0', 7, 'from 1 to'],
    ['stats count(*) by bin(5)', 22, 'a period'],
    ['fields strlen(a, b)', 19, 'takes 1 arguments'],
    [`fields ${'('.repeat(150)}`, 107, 'nested too deeply'],
  ])('is refused with its place: %s', (text, at, reason) => {
    const refusal = refusalOf(text)
    expect(refusal?.message).toContain(reason)
    expect(refusal?.at).toBe(at)
  })

  it('is too large a regular expression', () => {
    expect(refusalOf(`filter a like /${'(a{10}){100}'.repeat(60)}/`)?.message).toContain('too large')
    expect(refusalOf(`filter a like /a{1000}/ ${'or a like /[ab]{1000}/'.repeat(60)}`)?.message).toContain(
      'too large',
    )
  })

  it('makes no text that is longer than any event', () => {
    const fifty = (name: string) => `concat(${Array(50).fill(name).join(', ')})`
    const grown = `fields ${fifty('@message')} as a | fields ${fifty('a')} as b | fields ${fifty('b')} as c`
    const [row] = query(`${grown} | fields replace(b, "x", b) as d | display strlen(b) as e, c, d`, [
      'x'.repeat(100),
    ])
    expect(row).toEqual({ e: '250000' })
  })

  it('compares long numerals in no time', () => {
    expect(query('filter @message = 5 or @message < 7', [`${'1'.repeat(200_000)}x`])).toHaveLength(0)
  })

  it('ignores comments', () => {
    expect(query('fields concat(path, "#1") # the path\n| limit 1', requests)).toEqual([
      { 'concat(path, "#1")': '/a#1' },
    ])
    expect(query('# all\nfields path # the path\n| limit 1', requests)).toEqual([{ path: '/a' }])
  })
})
