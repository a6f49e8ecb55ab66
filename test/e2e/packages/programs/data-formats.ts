import type { Program } from '../program.ts'

export const DATA_FORMATS = [
  {
    package: 'ajv',
    exercised: 'a schema, whose validator it makes as code',
    source: `const Ajv = require('ajv')
const validate = new Ajv({ allErrors: true }).compile({ type: 'object', required: ['who'], properties: { who: { type: 'string', minLength: 2 }, n: { type: 'integer' } } })
exports.handler = async ({ who }) => [validate({ who, n: 1 }), validate({ who: 'x', n: 1.5 }), validate.errors.map(error => error.instancePath + ' ' + error.message)]`,
    expected: () => [true, false, ['/who must NOT have fewer than 2 characters', '/n must be integer']],
  },
  {
    package: 'cheerio',
    exercised: 'HTML parsed, selected and changed',
    source: `const cheerio = require('cheerio')
exports.handler = async ({ who }) => {
  const $ = cheerio.load('<ul><li class="a">x</li><li>y</li></ul>')
  $('li.a').text('hello ' + who).addClass('b')
  return [$('li').length, $('ul').html(), $.extract({ all: ['li'] }).all]
}`,
    expected: ({ who }) => [2, `<li class="a b">hello ${who}</li><li>y</li>`, [`hello ${who}`, 'y']],
  },
  {
    package: 'class-validator',
    with: ['reflect-metadata', 'tslib'],
    exercised: 'decorators as TypeScript compiles them, and the errors of an object',
    source: `const { __decorate } = require('tslib'), { IsEmail, Length, validate } = require('class-validator')
class Person {}
__decorate([Length(2, 5)], Person.prototype, 'name', void 0)
__decorate([IsEmail()], Person.prototype, 'mail', void 0)
exports.handler = async ({ who }) => {
  const good = await validate(Object.assign(new Person(), { name: who, mail: who + '@example.com' }))
  const bad = await validate(Object.assign(new Person(), { name: 'x', mail: 'y' }))
  return [good.length, bad.map(error => error.constraints)]
}`,
    expected: () => [
      0,
      [
        { isLength: 'name must be longer than or equal to 2 characters' },
        { isEmail: 'mail must be an email' },
      ],
    ],
  },
  {
    package: 'csv-parse',
    exercised: 'CSV at once and as a stream',
    source: `const { parse } = require('csv-parse'), { parse: parseSync } = require('csv-parse/sync'), { Readable } = require('stream')
exports.handler = async ({ who }) => {
  const text = 'name,age\\n"' + who + ', the first",36\\n'
  const rows = []
  for await (const row of Readable.from([text.slice(0, 12), text.slice(12)]).pipe(parse())) rows.push(row)
  return [parseSync(text, { columns: true, cast: true }), rows]
}`,
    expected: ({ who }) => [
      [{ name: `${who}, the first`, age: 36 }],
      [
        ['name', 'age'],
        [`${who}, the first`, '36'],
      ],
    ],
  },
  {
    package: 'ejs',
    exercised: 'a template in a file, with another one included',
    source: `const ejs = require('ejs'), path = require('path')
exports.handler = async ({ who }) => [ejs.render('<% for (const n of [1, 2]) { %><%= n %> <% } %><%= who %>', { who: '<' + who + '>' }), (await ejs.renderFile(path.join(__dirname, 'views/page.ejs'), { who })).trim()]`,
    files: {
      'views/page.ejs': `<%- include('head', { title: 'Page' }) %><p><%= who %></p>`,
      'views/head.ejs': '<h1><%= title %></h1>',
    },
    expected: ({ who }) => [`1 2 &lt;${who}&gt;`, `<h1>Page</h1><p>${who}</p>`],
  },
  {
    package: 'fast-xml-parser',
    exercised: 'XML, both ways',
    source: `const { XMLParser, XMLBuilder } = require('fast-xml-parser')
exports.handler = async ({ who }) => [new XMLParser({ ignoreAttributes: false }).parse('<a x="1"><b>' + who + '</b><b>2</b></a>'), new XMLBuilder().build({ a: { b: [who, 2] } })]`,
    expected: ({ who }) => [{ a: { '@_x': '1', b: [who, 2] } }, `<a><b>${who}</b><b>2</b></a>`],
  },
  {
    package: 'handlebars',
    exercised: 'a template with a helper and a partial, which it makes as code',
    source: `const Handlebars = require('handlebars')
Handlebars.registerHelper('loud', text => text.toUpperCase())
Handlebars.registerPartial('name', '<b>{{loud who}}</b>')
const template = Handlebars.compile('{{#each list}}{{this}},{{/each}} {{> name}} {{html}}')
exports.handler = async ({ who }) => template({ who, list: [1, 2], html: '<i>' })`,
    expected: ({ who }) => `1,2, <b>${who.toUpperCase()}</b> &lt;i&gt;`,
  },
  {
    package: 'mustache',
    exercised: 'a template with sections and a partial',
    source: `const Mustache = require('mustache')
exports.handler = async ({ who }) => Mustache.render('{{#list}}{{.}} {{/list}}{{> name}}', { who, list: [1, 2] }, { name: '<b>{{who}}</b>' })`,
    expected: ({ who }) => `1 2 <b>${who}</b>`,
  },
  {
    package: 'joi',
    exercised: 'an object converted, and one refused',
    source: `const Joi = require('joi')
const schema = Joi.object({ who: Joi.string().alphanum().min(2).required(), n: Joi.number().integer(), mail: Joi.string().email() })
exports.handler = async ({ who }) => [schema.validate({ who, n: '3', mail: 'a@example.com' }).value.n, schema.validate({ who: '?' }, { abortEarly: false }).error.details.map(detail => detail.message)]`,
    expected: () => [
      3,
      ['"who" must only contain alpha-numeric characters', '"who" length must be at least 2 characters long'],
    ],
  },
  {
    package: 'js-yaml',
    exercised: 'YAML with an anchor, both ways',
    source: `const yaml = require('js-yaml')
exports.handler = async ({ who }) => {
  let failed
  try { yaml.load('a: [') } catch (error) { failed = error.name }
  return [yaml.load('base: &b {x: 1}\\nlist: [*b, ' + who + ']'), yaml.dump({ who, list: [1] }), failed]
}`,
    expected: ({ who }) => [
      { base: { x: 1 }, list: [{ x: 1 }, who] },
      `who: ${who}\nlist:\n  - 1\n`,
      'YAMLException',
    ],
  },
  {
    package: 'jszip',
    exercised: 'a zip made and read, as a buffer and as a stream',
    source: `const JSZip = require('jszip')
exports.handler = async ({ who }) => {
  const zip = new JSZip()
  zip.file('a/who.txt', who.repeat(50))
  const bytes = await zip.generateAsync({ type: 'nodebuffer', compression: 'DEFLATE' })
  const read = await JSZip.loadAsync(bytes)
  const text = await new Promise((resolve, reject) => {
    let text = ''
    read.file('a/who.txt').nodeStream().on('data', chunk => { text += chunk }).on('end', () => resolve(text)).on('error', reject)
  })
  return [bytes.length < 300, Object.keys(read.files), text === who.repeat(50)]
}`,
    expected: () => [true, ['a/', 'a/who.txt'], true],
  },
  {
    package: 'xml2js',
    exercised: 'XML, both ways',
    source: `const xml2js = require('xml2js')
exports.handler = async ({ who }) => [await xml2js.parseStringPromise('<a x="1"><b>' + who + '</b></a>'), new xml2js.Builder({ headless: true, renderOpts: { pretty: false } }).buildObject({ a: who })]`,
    expected: ({ who }) => [{ a: { $: { x: '1' }, b: [who] } }, `<a>${who}</a>`],
  },
  {
    package: 'yaml',
    exercised: 'YAML that keeps its comments',
    source: `const YAML = require('yaml')
exports.handler = async ({ who }) => {
  const document = YAML.parseDocument('# people\\nwho: x # name\\n')
  document.set('who', who)
  return [document.toString(), YAML.parse('- 1\\n- {a: b}')]
}`,
    expected: ({ who }) => [`# people\nwho: ${who} # name\n`, [1, { a: 'b' }]],
  },
  {
    package: 'yup',
    exercised: 'an object cast, and one refused',
    source: `const yup = require('yup')
const schema = yup.object({ who: yup.string().required().min(2), n: yup.number().positive() })
exports.handler = async ({ who }) => [await schema.validate({ who, n: '3' }), await schema.validate({ who: 'x', n: -1 }, { abortEarly: false }).catch(error => error.errors)]`,
    expected: ({ who }) => [
      { who, n: 3 },
      ['who must be at least 2 characters', 'n must be a positive number'],
    ],
  },
  {
    package: 'zod3',
    exercised: 'an object transformed, and one refused',
    source: `const { z } = require('zod')
const schema = z.object({ who: z.string().min(2).transform(s => s.toUpperCase()), n: z.coerce.number().int() })
exports.handler = async ({ who }) => [schema.parse({ who, n: '3' }), schema.safeParse({ who: 'x', n: 1 }).error.issues[0].message]`,
    expected: ({ who }) => [{ who: who.toUpperCase(), n: 3 }, 'String must contain at least 2 character(s)'],
  },
  {
    package: 'zod4',
    exercised: 'an object transformed, and one refused',
    esm: true,
    source: `import { z } from 'zod'
const schema = z.object({ who: z.string().min(2).transform(s => s.toUpperCase()), n: z.coerce.number().int() })
export const handler = async ({ who }) => [schema.parse({ who, n: '3' }), schema.safeParse({ who: 'x', n: 1 }).error.issues[0].message]`,
    expected: ({ who }) => [
      { who: who.toUpperCase(), n: 3 },
      'Too small: expected string to have >=2 characters',
    ],
  },
  {
    package: 'validator',
    exercised: 'addresses, dates and escapes',
    source: `const validator = require('validator')
exports.handler = async ({ who }) => [validator.isEmail(who + '@example.com'), validator.isURL('x'), validator.isISO8601('2026-01-02'), validator.escape('<' + who)]`,
    expected: ({ who }) => [true, false, true, `&lt;${who}`],
  },
] as const satisfies readonly Program[]
