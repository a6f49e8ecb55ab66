import { describe, expect, test } from 'vitest'
import { runTemplate } from '../../../src/gateway/velocity/run-template.ts'
import { TemplateError } from '../../../src/gateway/velocity/template-error.ts'
import { parseTree } from '../../../src/gateway/velocity/template-tree.ts'

const run = (text: string, variables: Record<string, unknown> = {}) =>
  runTemplate(parseTree(text), structuredClone(variables))

describe('directives', () => {
  test.each([
    ['#foreach($x in [1..5])#if($x == 3)#break#end$x#end!', '12!'],
    ['#foreach($x in [1,2])#foreach($y in [1,2])#if($y == 2)#break#end$x$y #end#end', '11 21 '],
    [
      '#foreach($x in ["a","b","c"])$foreach.count$foreach.index$x#if($foreach.last).#else,#end#end',
      '10a,21b,32c.',
    ],
    ['#foreach($x in [1,2])#foreach($y in [1])$foreach.parent.count#end#end', '12'],
    ['#foreach($x in [1,2,3])$x$foreach.stop()#end', '1'],
    ['#set($m = {"a":1,"b":2})#foreach($x in $m)$x#end', '12'],
    ['#foreach($x in $nothing)never#end', ''],
    ['#macro(pair $a $b)[$a:$b]#end#pair("x" 2)#pair("y", $none)', '[x:2][y:]'],
    ['#again("z")#macro(again $t)$t$t#end', 'zz'],
    ['#macro(wrap)<$bodyContent>#end#@wrap()in#end', '<in>'],
    ['#set($n = 1)#macro(add)#set($n = $n + 1)#end#add()#add()$n', '3'],
    ['#define($greeting)Hello $name#end#set($name = "you")$greeting', 'Hello you'],
    ['a#stop b', 'a'],
    ['a#stop()b', 'a'],
    ['a#if(true)#return#end b', 'a'],
    ['#{if}(true)x#{else}y#{end}z', 'xz'],
    ['#[[ $raw #set($x = 1) ]]#', ' $raw #set($x = 1) '],
    ['a ## gone $x\nb', 'a b'],
    ['a #* gone\n *#b', 'a b'],
    ['#set($url = "https://example.com/##x")$url', 'https://example.com/'],
    ['"color": "#fff", #notADirective', '"color": "#fff", #notADirective'],
    ['#noMacro("x") #fff(a b #bug (open)', '#noMacro("x") #fff(a b #bug (open)'],
    ['#eval("x")#toString()#constructor()', '#eval("x")#toString()#constructor()'],
    ['$ $5 ${x $x[abc] $x.', '$ $5 ${x [abc] .'],
    ['#set($x = 1)\\$x \\\\$x \\\\\\$x \\$!{x} \\!', '$x \\1 \\$x $!{x} \\!'],
    ["#set($quoted = 'it''s')$quoted", "it's"],
    ['#set($quoted = "say ""hi""")$quoted', 'say "hi"'],
  ])('%s', (template, output) => {
    expect(run(template)).toBe(output)
  })

  test('a line of its own that sets something leaves no empty line', () => {
    expect(run('#set($a = 1)\n$a\n#if($a == 1)\nyes\n#end\nend')).toBe('1\nyes\nend')
  })
})

describe('expressions', () => {
  test.each([
    ['7 / 2', '3'],
    ['-7 / 2', '-3'],
    ['7 % 3', '1'],
    ['7.0 / 2', '3.5'],
    ['6.0 / 2', '3.0'],
    ['1 / 0', ''],
    ['1 + "a"', '1a'],
    ['"a" + 1 + 2', 'a12'],
    ['1 - "a"', ''],
    ['2 * (3 + 4)', '14'],
    ['9007199254740993 + 1', '9007199254740994'],
    ['100000000.5', '1.000000005E8'],
    ['1 == "1"', 'true'],
    ['1 == 1.0', 'true'],
    ['"b" > "a"', 'false'],
    ['$none == ""', 'true'],
    ['$none == $null', 'true'],
    ['!$none', 'false'],
    ['[1, "a", [2], {"k": null}]', '[1, a, [2], {k=null}]'],
    ['{"a": {"b": [1, 2]}, "c": true}', '{a={b=[1, 2]}, c=true}'],
    ['[3..1]', '[3, 2, 1]'],
    ['$map["a.b"]', '1'],
    ['$list[1].k', 'v'],
    ['$map.none.further', ''],
    ['"$map.none and $!{list[0]}"', ' and first'],
    ['"\\"quoted\\""', '"quoted"'],
  ])('%s is %s', (expression, output) => {
    const variables = { map: { 'a.b': 1 }, list: ['first', { k: 'v' }] }
    expect(run(`#set($result = ${expression})$result`, variables)).toBe(output)
  })
})

describe('methods that Java has', () => {
  test.each([
    ['"Hello".toUpperCase().toLowerCase()', 'hello'],
    ['" x ".trim()', 'x'],
    ['"a-b-c".replace("-", "+")', 'a+b+c'],
    ['"a1b22".replaceAll("[0-9]+", "#")', 'a#b#'],
    ['"2026-11".replaceAll("(\\d+)-(\\d+)", "$2/$1")', '11/2026'],
    ['"aXbx".replaceAll("(?i)x", ".")', 'a.b.'],
    ['"aab".replaceFirst("a", "b")', 'bab'],
    ['"a,b,,".split(",")', '[a, b]'],
    ['"a,b,,".split(",").size()', '2'],
    ['"a1b2c".split("[0-9]", 2)', '[a, b2c]'],
    ['"hello".substring(1, 3)', 'el'],
    ['"hello".indexOf("l")', '2'],
    ['"hello".lastIndexOf("l")', '3'],
    ['"hello".charAt(0)', 'h'],
    ['"".isEmpty()', 'true'],
    ['"a".equals("a")', 'true'],
    ['"1".equals(1)', 'false'],
    ['"A".equalsIgnoreCase("a")', 'true'],
    ['"b".compareTo("a")', '1'],
    ['"abc".endsWith("bc")', 'true'],
    ['"hello".hashCode()', '99162322'],
    ['[1,2].contains(2)', 'true'],
    ['[1,2].contains("2")', 'false'],
    ['["a","b"].indexOf("b")', '1'],
    ['[1,2,3].subList(1, 3)', '[2, 3]'],
    ['[].isEmpty()', 'true'],
    ['{"a":1}.containsKey("a")', 'true'],
    ['{"a":1}.containsValue(1)', 'true'],
    ['{"a":1,"b":2}.keySet()', '[a, b]'],
    ['{"a":1,"b":2}.values()', '[1, 2]'],
    ['{"a":1}.entrySet()', '[a=1]'],
    ['{"a":1}.getOrDefault("b", 9)', '9'],
    ['{"a":1}.size()', '1'],
    ['$nothing.size()', ''],
    ['"x".noSuchMethod()', ''],
  ])('%s is %s', (expression, output) => {
    // Methods are called on references, never on literals.
    const [, receiver, call] = /^(\$?(?:"[^"]*"|\[[^\]]*\]|\{[^}]*\}|\w+))(\..*)$/s.exec(expression)!
    const set = receiver!.startsWith('$') ? '' : `#set($self = ${receiver})`
    const name = receiver!.startsWith('$') ? receiver : '$self'
    expect(run(`${set}#set($result = ${name}${call})$result`)).toBe(output)
  })

  test('change lists and maps', () => {
    expect(
      run(
        '#set($l = [1, 2])$l.add(3) $l.addAll([4, 5]) $l.remove(0) $l.set(0, "x") $l.add(0, "first")$l #set($e = $l.clear())$l',
      ),
    ).toBe('true true 1 2 [first, x, 3, 4, 5] []')
    expect(
      run(
        '#set($m = {})$m.put("a", 1)$m.put("a", 2) $m.putIfAbsent("a", 3) $m.remove("a") $m.isEmpty() #set($m.b = 4)#set($m["c d"] = 5)$m',
      ),
    ).toBe('1 2 2 true {b=4, c d=5}')
  })

  test('entries of a map', () => {
    expect(
      run('#foreach($e in $m.entrySet())$e.key=$e.value;$e.getKey()=$e.getValue() #end', { m: { a: 1 } }),
    ).toBe('a=1;a=1 ')
  })

  test.each(['"abc".substring(2, 9)', '"abc".substring("x")', '[1].get(5)', '"a".matches("(")'])(
    '%s fails, as it would in Java',
    expression => {
      const [, receiver, call] = /^("[^"]*"|\[[^\]]*\])(\..*)$/.exec(expression)!
      expect(() => run(`#set($self = ${receiver})$self${call}`)).toThrow(TemplateError)
    },
  )
})
