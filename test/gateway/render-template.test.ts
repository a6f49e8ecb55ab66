import { expect, test } from 'vitest'
import { parseTemplate, renderTemplate } from '../../src/gateway/mapping/render-template.ts'
import { TemplateInput, TemplateUtil } from '../../src/gateway/mapping/template-variables.ts'

const render = (text: string, body = '', context: Record<string, unknown> = {}) => {
  const parameters = {
    path: { id: '4', both: 'path' },
    querystring: { q: '1', both: 'query' },
    header: { Accept: '*/*', both: 'header' },
  }
  return renderTemplate(parseTemplate(text), () => ({
    input: new TemplateInput(body, () => parameters),
    context,
    stageVariables: { name: 'value' },
    util: new TemplateUtil(),
  }))
}

test.each([
  ['plain text', '', 'plain text'],
  ['Hello $name', '', 'Hello '],
  ['$input.body', '', '{}'],
  ['$input.body', 'raw', 'raw'],
  ["$input.json('$')", '{"a": [1, null]}', '{"a":[1,null]}'],
  ["$input.json('$.a[0]')", '{"a": [1, null]}', '1'],
  ["$input.json('$.missing')", '{}', ''],
  ["$input.json('$..id')", '{"a":{"id":1},"b":{"id":2}}', '[1,2]'],
  ["$input.path('$.a').b", '{"a":{"b":"c"}}', 'c'],
  [
    "#foreach($x in $input.path('$.list'))$x.n#if($foreach.hasNext),#end#end",
    '{"list":[{"n":1},{"n":2}]}',
    '1,2',
  ],
  [
    "$input.params('id')-$input.params('q')-$input.params('accept')-$input.params('both')",
    '',
    '4-1-*/*-path',
  ],
  [
    '#set($all = $input.params())#foreach($kind in $all.keySet())$kind:#foreach($name in $all.get($kind).keySet())$name=$all.get($kind).get($name) #end#end',
    '',
    'path:id=4 both=path querystring:q=1 both=query header:Accept=*/* both=header ',
  ],
  ["$stageVariables.name $stageVariables['name'] $!{stageVariables.name}", '', 'value value value'],
  ['$util.urlEncode($input.body)', '{"some": "value"}', '%7B%22some%22%3A+%22value%22%7D'],
  ["$util.urlEncode('a b&c=d~é')", '', 'a+b%26c%3Dd%7E%C3%A9'],
  ["$util.urlDecode('a+b%26c')", '', 'a b&c'],
  ["$util.base64Encode('é')", '', 'w6k='],
  ["$util.base64Decode('w6k=')", '', 'é'],
  [`#set($o = $util.parseJson('{"k":{"arr":[1,2]}}'))$o.k.arr[1]`, '', '2'],
  ['$util.escapeJavaScript($input.body)', `it's "é"`, String.raw`it\'s \"\u00e9\"`],
])('%s', (template, body, output) => {
  expect(render(template, body)).toBe(output)
})

test('a template cannot reach beyond what it is given', () => {
  expect(render('$input.constructor.constructor("return 1")')).toBe('')
  expect(render('#set($context.__proto__.polluted = 1)')).toBe('')
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('tells which templates need a body', () => {
  const reads = (text: string) => parseTemplate(text).readsBody
  expect(reads("$input.params('a')")).toBe(false)
  expect(reads('{"statusCode": 200}')).toBe(false)
  for (const text of [
    '$input.body',
    '$!{input.body}',
    "$input.json('$')",
    "$input.path('$.a')",
    "$input['body']",
  ])
    expect(reads(text)).toBe(true)
})
