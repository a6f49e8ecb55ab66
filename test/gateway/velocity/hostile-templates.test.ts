import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTemplate, renderTemplate } from '../../../src/gateway/mapping/render-template.ts'
import { BodyNotJson, TemplateInput, TemplateUtil } from '../../../src/gateway/mapping/template-variables.ts'
import { MOST_ITERATIONS, runTemplate } from '../../../src/gateway/velocity/run-template.ts'
import { TemplateError } from '../../../src/gateway/velocity/template-error.ts'
import { parseTree } from '../../../src/gateway/velocity/template-tree.ts'

const variables = () => ({
  input: new TemplateInput('{"a": [1], "b": {"c": "d"}}', () => ({ path: {}, querystring: {}, header: {} })),
  context: { identity: { sourceIp: '127.0.0.1' } } as Record<string, unknown>,
  stageVariables: { name: 'value' },
  util: new TemplateUtil(),
})
const NO_PARAMETERS = () => ({ path: {}, querystring: {}, header: {} })
const render = (text: string) => renderTemplate(parseTemplate(text), variables)

describe('nothing of JavaScript’s own can be reached', () => {
  test.each([
    '$input.constructor',
    '$input.constructor.constructor("return 1").call()',
    '$util.parseJson("{}").constructor',
    "$input.path('$').constructor.name",
    "$input.path('$.a').constructor",
    "$input.path('$.a').map",
    "$input.path('$.a').length",
    '$context.__proto__',
    "$context['__proto__']",
    '$context.identity.__proto__.polluted',
    '$context.toLocaleString()',
    '$context.hasOwnProperty("identity")',
    '$context.valueOf()',
    '$stageVariables.constructor("x")',
    '$util.call("x")',
    '$util.property("x")',
    '$util.toString.constructor',
    '$util.class',
    '$util.getClass()',
    '$input.getClass().forName("java.lang.Runtime")',
    '#set($s = "x")$s.constructor',
    '#set($s = "x")$s.at(0)',
    '#set($s = "x")$s.__proto__',
    '#set($l = [])$l.constructor.prototype',
    '#set($l = [])$l["constructor"]',
    '#set($n = 5)$n.constructor',
    '#foreach($x in [1])$foreach.constructor$foreach.property("x")#end',
    '$globalThis$process$self$require.call("fs")',
    '$constructor$hasOwnProperty$__proto__',
  ])('%s', template => {
    expect(render(template)).toBe('')
  })

  test.each([
    '#set($context.__proto__.polluted = 1)',
    '#set($context["__proto__"]["polluted"] = 1)',
    '#set($m = {})#set($m.__proto__.polluted = 1)',
    '#set($m = {})#set($p = $m.put("__proto__", {"polluted": 1}))',
    '#set($m = {"__proto__": {"polluted": 1}})$m.polluted',
    '#set($m = {})#set($m.constructor.prototype.polluted = 1)',
    '#set($__proto__ = {"polluted": 1})$polluted',
    '#set($j = $util.parseJson(\'{"__proto__": {"polluted": 1}}\'))$j.polluted',
    '#set($l = [])#set($l["__proto__"] = 1)#set($l.length = 0)',
  ])('%s pollutes nothing', template => {
    expect(render(template)).toBe('')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(([] as unknown as Record<string, unknown>).polluted).toBeUndefined()
  })

  test('a map with such a key is a map like others', () => {
    expect(render('#set($m = {})$m.put("__proto__", "x")$m $m.get("__proto__") $m.keySet()')).toBe(
      '{__proto__=x} x [__proto__]',
    )
  })
})

describe('what a template may use up is bounded', () => {
  test('a loop ends after as many iterations as on API Gateway', () => {
    expect(render(`#foreach($x in [1..${MOST_ITERATIONS + 500}])#set($n = $x)#end$n`)).toBe('1000')
  })

  test.each([
    [
      'nested loops',
      '#foreach($a in [1..1000])#foreach($b in [1..1000])#foreach($c in [1..1000])$c#end#end#end',
    ],
    ['text that doubles', `#set($t = "xxxxxxxxxx")#foreach($i in [1..60])#set($t = "$t$t")#end`],
    ['text that doubles by adding', `#set($t = "xxxxxxxxxx")#foreach($i in [1..60])#set($t = $t + $t)#end`],
    [
      'text that doubles by replacing',
      `#set($t = "xx")#foreach($i in [1..60])#set($t = $t.replaceAll("x", "xx"))#end`,
    ],
    ['lists that double', '#set($l = [1,2])#foreach($i in [1..60])#set($e = $l.addAll($l))#end'],
    ['an endless range', '#set($l = [1..2000000000])'],
    ['a macro that calls itself', '#macro(again)#again()#end#again()'],
    ['a definition of itself', '#define($d)$d#end$d'],
    ['a text of itself', '#set($m = {})#set($m.m = $m)$m'],
    ['lists that hold one another', '#set($l = [1])#foreach($i in [1..60])#set($l = [$l, $l])#end$l'],
    [
      'lists of a payload that hold one another',
      "#set($l = $input.path('$.a'))#set($e = $l.addAll([$l, $l]))#set($x = $input.json('$'))$l",
    ],
    [
      'long texts, many times',
      `#set($t = "${'x'.repeat(100_000)}")#foreach($a in [1..1000])#set($e = $t.matches(".*y"))#end`,
    ],
    ['numbers that double', `#set($n = 99999)${'#set($n = $n * $n)'.repeat(40)}$n`],
    ['lists compared with lists', '#set($l = [1..30000])$l.containsAll($l)'],
    [
      'large values compared, many times',
      "#set($l = [1..20000])#foreach($i in [1..1000])#if([$l] == {'l': $l})#end#end",
    ],
    ['large values written, many times', '#set($l = [1..20000])#foreach($i in [1..1000])#set($t = "$l")#end'],
    [
      'payloads read, many times',
      `#set($t = '[[${'1,'.repeat(50_000)}1]]')#foreach($i in [1..1000])#set($e = $util.parseJson($t))#end`,
    ],
    [
      'queries in queries',
      `#set($j = $input.path('$'))#set($e = $j.put('l', [1..5000]))$input.path('$..[?$..x]')`,
    ],
    ['deep brackets', `#set($x = ${'('.repeat(50_000)}1${')'.repeat(50_000)})`],
    ['repetition', '#set($t = "x")$t.repeat(1000000000)'],
    [
      'output',
      `#set($t = "${'x'.repeat(1000)}")#foreach($a in [1..1000])#foreach($b in [1..1000])$t#end#end`,
    ],
  ])('%s', (_, template) => {
    const begin = performance.now()
    expect(() => render(template)).toThrow(TemplateError)
    expect(performance.now() - begin).toBeLessThan(10_000)
  })
})

describe('what strangers send takes a bounded time', () => {
  const long = 'a'.repeat(40)
  const within = (ms: number, work: () => unknown) => {
    const begin = performance.now()
    work()
    expect(performance.now() - begin).toBeLessThan(ms)
  }

  test.each([
    `$input.path('$.t').matches('(a+)+')`,
    `$input.path('$.t').replaceAll('(a|aa)+$', 'b')`,
    `$input.path('$.t').split('(a*)*b').size()`,
    `$input.path('$[?@ =~ /(a+)+b/]').size()`,
    `$input.path("$[?search(@, '(a|aa)+$')]").size()`,
  ])('%s', template => {
    const input = new TemplateInput(JSON.stringify({ t: `${long}!` }), NO_PARAMETERS)
    within(10_000, () => renderTemplate(parseTemplate(template), () => ({ ...variables(), input })))
  })

  test.each([1_100, 7_000, 1_000_000])('lists in %d lists', depth => {
    const input = new TemplateInput(`${'['.repeat(depth)}${']'.repeat(depth)}`, NO_PARAMETERS)
    expect(() =>
      renderTemplate(parseTemplate("$input.json('$')"), () => ({ ...variables(), input })),
    ).toThrow(BodyNotJson)
  })

  test('a number of millions of digits', () => {
    const input = new TemplateInput(`[${'1'.repeat(5_000_000)}]`, NO_PARAMETERS)
    within(10_000, () =>
      expect(() =>
        renderTemplate(parseTemplate("$input.json('$')"), () => ({ ...variables(), input })),
      ).toThrow(BodyNotJson),
    )
  })
})

describe('whatever is written', () => {
  const words = fc.constantFrom(
    ...'#if #elseif #else #end #set #foreach #macro #define #stop #break ( ) [ ] { } $ $! ${ . .. , : = == + - * / % ! && || " \' \\ ## #* *# #[[ ]]# \n 1 .5 -2 x $x $x.y $x["y"] $input.path("$") $input.body in true null'.split(
      ' ',
    ),
  )

  test('a template is run or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 5 })), { maxLength: 25 }), parts => {
        try {
          expect(typeof render(parts.join(''))).toBe('string')
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('text without Velocity in it stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        fc.pre(!/[$#\\]/.test(text))
        expect(render(text)).toBe(text)
        expect(runTemplate(parseTree(text), {})).toBe(text)
      }),
    )
  })

  test('JSON that is read is written as JSON again', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const input = new TemplateInput(JSON.stringify([value]), () => ({
          path: {},
          querystring: {},
          header: {},
        }))
        const text = renderTemplate(parseTemplate("$input.json('$[0]')"), () => ({ ...variables(), input }))
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('integers add, divide and compare as in Java', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        const [x, y] = [`#set($a = ${a})`, `#set($b = ${b})`]
        const quotient = b === 0 ? '' : String(Math.trunc(a / b) + 0)
        expect(render(`${x}${y}#set($s = $a + $b)#set($q = $a / $b)#set($l = $a < $b)$s|$q|$l`)).toBe(
          `${a + b}|${quotient}|${a < b}`,
        )
      }),
    )
  })
})
