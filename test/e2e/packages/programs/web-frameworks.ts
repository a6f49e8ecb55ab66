import type { Program } from '../program.ts'

/** What API Gateway sends for `POST /hello/Ada?loud=1`. */
const EVENT = `const requestOf = (method, path, who, body, headers = {}) => ({
  version: '2.0', routeKey: '$default', rawPath: path, rawQueryString: 'loud=1', queryStringParameters: { loud: '1' },
  headers: { host: 'api.example.com', 'content-type': 'application/json', 'x-who': who, ...headers }, isBase64Encoded: false,
  requestContext: { http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7' }, domainName: 'api.example.com', stage: '$default' },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})`

const EXPRESS = `const express = require('express'), serverless = require('serverless-http')
const app = express()
app.use(express.json())
app.get('/hello/:who', (req, res) => res.set('x-loud', req.query.loud).json({ hello: req.params.who }))
app.post('/orders', (req, res) => res.status(201).json({ got: req.body, from: req.get('x-who') }))
app.get('/fails', () => { throw Object.assign(new Error('no tea'), { status: 418 }) })
app.use((error, req, res, next) => res.status(error.status).send(error.message))
const run = serverless(app)
${EVENT}
exports.handler = async ({ who }, context) => {
  const hello = await run(requestOf('GET', '/hello/' + who, who), context)
  const order = await run(requestOf('POST', '/orders', who, { tea: 2 }), context)
  const fails = await run(requestOf('GET', '/fails', who), context)
  return [hello.statusCode, hello.headers['x-loud'], JSON.parse(hello.body), order.statusCode, JSON.parse(order.body), fails.statusCode, fails.body]
}`

const answersOfExpress = ({ who }: { who: string }) => [
  200,
  '1',
  { hello: who },
  201,
  { got: { tea: 2 }, from: who },
  418,
  'no tea',
]

export const WEB_FRAMEWORKS = [
  {
    package: 'express4',
    with: ['serverless-http'],
    exercised: 'routes, a JSON body and an error handler behind `serverless-http`',
    source: EXPRESS,
    expected: answersOfExpress,
  },
  {
    package: 'express5',
    with: ['serverless-http'],
    exercised: 'routes, a JSON body and an error handler behind `serverless-http`',
    source: EXPRESS,
    expected: answersOfExpress,
  },
  {
    package: 'serverless-http',
    with: ['koa'],
    exercised: 'a Koa application with a binary answer',
    source: `const Koa = require('koa'), serverless = require('serverless-http')
const app = new Koa()
app.use(async ctx => { ctx.type = 'application/octet-stream'; ctx.body = Buffer.from([0, 255, ctx.get('x-who').length]) })
const run = serverless(app, { binary: ['application/octet-stream'] })
${EVENT}
exports.handler = async ({ who }, context) => {
  const answer = await run(requestOf('GET', '/', who), context)
  return [answer.statusCode, answer.isBase64Encoded, [...Buffer.from(answer.body, 'base64')]]
}`,
    expected: ({ who }) => [200, true, [0, 255, who.length]],
  },
  {
    package: 'koa',
    with: ['serverless-http'],
    exercised: 'middleware, a JSON answer and an error behind `serverless-http`',
    source: `const Koa = require('koa'), serverless = require('serverless-http')
const app = new Koa()
app.silent = true
app.use(async (ctx, next) => { await next(); ctx.set('x-after', ctx.get('x-who')) })
app.use(async ctx => { if (ctx.path === '/none') ctx.throw(404, 'nothing here'); ctx.body = { method: ctx.method, path: ctx.path, query: ctx.query } })
const run = serverless(app)
${EVENT}
exports.handler = async ({ who }, context) => {
  const found = await run(requestOf('GET', '/' + who, who), context)
  const missing = await run(requestOf('GET', '/none', who), context)
  return [found.statusCode, found.headers['x-after'], JSON.parse(found.body), missing.statusCode, missing.body]
}`,
    expected: ({ who }) => [
      200,
      who,
      { method: 'GET', path: `/${who}`, query: { loud: '1' } },
      404,
      'nothing here',
    ],
  },
  {
    package: 'fastify',
    exercised: 'a validated route and its serializer through `inject`',
    source: `const app = require('fastify')()
app.post('/orders', {
  schema: {
    body: { type: 'object', required: ['tea'], properties: { tea: { type: 'integer' } } },
    response: { 200: { type: 'object', properties: { for: { type: 'string' }, tea: { type: 'integer' } } } },
  },
}, async request => ({ for: request.headers['x-who'], tea: request.body.tea, hidden: true }))
exports.handler = async ({ who }) => {
  const order = payload => app.inject({ method: 'POST', url: '/orders', headers: { 'x-who': who }, payload })
  const [taken, refused] = [await order({ tea: '2' }), await order({ tea: 'x' })]
  return [taken.statusCode, taken.json(), refused.statusCode, refused.json().message]
}`,
    expected: ({ who }) => [200, { for: who, tea: 2 }, 400, 'body/tea must be integer'],
  },
  {
    package: '@fastify/aws-lambda',
    with: ['fastify'],
    exercised: 'a Fastify application as the handler of an HTTP API',
    source: `const app = require('fastify')(), awsLambdaFastify = require('@fastify/aws-lambda')
app.get('/hello/:who', async (request, reply) => { reply.header('x-loud', request.query.loud); return { hello: request.params.who } })
const run = awsLambdaFastify(app)
${EVENT}
exports.handler = async ({ who }, context) => {
  const answer = await run(requestOf('GET', '/hello/' + who, who), context)
  return [answer.statusCode, answer.headers['x-loud'], JSON.parse(answer.body)]
}`,
    expected: ({ who }) => [200, '1', { hello: who }],
  },
  {
    package: 'hono',
    exercised: 'routes and the Lambda adapter',
    esm: true,
    source: `import { Hono } from 'hono'
import { handle } from 'hono/aws-lambda'
const app = new Hono()
app.get('/hello/:who', c => c.json({ hello: c.req.param('who'), loud: c.req.query('loud') }))
const run = handle(app)
${EVENT}
export const handler = async ({ who }, context) => {
  const answer = await run(requestOf('GET', '/hello/' + who, who), context)
  return [answer.statusCode, JSON.parse(answer.body)]
}`,
    expected: ({ who }) => [200, { hello: who, loud: '1' }],
  },
  {
    package: '@hono/zod-validator',
    with: ['hono'],
    exercised: 'a Hono route that takes one form of JSON only',
    source: `const { Hono } = require('hono'), { z } = require('zod'), { zValidator } = require('@hono/zod-validator')
const app = new Hono()
app.post('/', zValidator('json', z.object({ name: z.string().min(2) })), c => c.json({ hello: c.req.valid('json').name }))
exports.handler = async ({ who }) => {
  const post = body => app.request('/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return [await (await post({ name: who })).json(), (await post({ name: 'x' })).status]
}`,
    expected: ({ who }) => [{ hello: who }, 400],
  },
  {
    package: 'cors',
    with: ['express5', 'serverless-http'],
    exercised: 'a preflight request to an Express application',
    source: `const app = require('express')(), cors = require('cors')
app.use(cors({ origin: /example\\.com$/ }))
const run = require('serverless-http')(app)
${EVENT}
exports.handler = async ({ who }, context) => {
  const answer = await run(requestOf('OPTIONS', '/', who, undefined, { origin: 'https://' + who.toLowerCase() + '.example.com', 'access-control-request-method': 'PUT' }), context)
  return [answer.statusCode, answer.headers['access-control-allow-origin'], answer.headers['access-control-allow-methods']]
}`,
    expected: ({ who }) => [
      204,
      `https://${who.toLowerCase()}.example.com`,
      'GET,HEAD,PUT,PATCH,POST,DELETE',
    ],
  },
  {
    package: '@middy/core',
    exercised: 'before, after and error hooks round a handler',
    esm: true,
    source: `import middy from '@middy/core'
const wrapped = middy(async event => { if (event.fail) throw new Error('inside'); return { hello: event.who } })
  .before(({ event }) => { event.who = event.who.toUpperCase() })
  .after(request => { request.response.after = true })
  .onError(request => { request.response = { failed: request.error.message } })
export const handler = async ({ who }, context) => [await wrapped({ who }, context), await wrapped({ who, fail: true }, context)]`,
    expected: ({ who }) => [{ hello: who.toUpperCase(), after: true }, { failed: 'inside' }],
  },
  {
    package: '@middy/http-json-body-parser',
    with: ['@middy/core'],
    exercised: 'a parsed body, and a refused one',
    esm: true,
    source: `import middy from '@middy/core'
import parse from '@middy/http-json-body-parser'
const wrapped = middy(async ({ body }) => body.name).use(parse())
export const handler = async ({ who }, context) => {
  const headers = { 'content-type': 'application/json' }
  const refused = await wrapped({ headers, body: '{' }, context).catch(error => error)
  return [await wrapped({ headers, body: JSON.stringify({ name: who }) }, context), refused.statusCode]
}`,
    expected: ({ who }) => [who, 422],
  },
  {
    package: 'http-errors',
    exercised: 'errors by status',
    source: `const createError = require('http-errors')
exports.handler = async ({ who }) => {
  const error = createError(404, 'no ' + who, { expose: true })
  return [error.status, error.message, error instanceof createError.NotFound, createError.isHttpError(error)]
}`,
    expected: ({ who }) => [404, `no ${who}`, true, true],
  },
  {
    package: 'graphql',
    exercised: 'a schema, executed and validated',
    source: `const { buildSchema, graphql } = require('graphql')
const schema = buildSchema('type Query { hello(who: String!): String }')
exports.handler = async ({ who }) => {
  const run = source => graphql({ schema, source, rootValue: { hello: ({ who }) => 'hello ' + who }, variableValues: { who } })
  const [good, bad] = [await run('query ($who: String!) { hello(who: $who) }'), await run('{ hullo }')]
  return [good.data.hello, bad.errors[0].message]
}`,
    expected: ({ who }) => [
      `hello ${who}`,
      'Cannot query field "hullo" on type "Query". Did you mean "hello"?',
    ],
  },
  {
    package: 'graphql-yoga',
    with: ['graphql'],
    exercised: 'a query over its fetch interface',
    source: `const { createYoga, createSchema } = require('graphql-yoga')
const yoga = createYoga({ logging: false, schema: createSchema({ typeDefs: 'type Query { hello(who: String!): String }', resolvers: { Query: { hello: (_, { who }) => 'hello ' + who } } }) })
exports.handler = async ({ who }) => {
  const answer = await yoga.fetch('http://yoga/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query: '{ hello(who: "' + who + '") }' }) })
  return [answer.status, await answer.json()]
}`,
    expected: ({ who }) => [200, { data: { hello: `hello ${who}` } }],
  },
  {
    package: 'qs',
    exercised: 'nested parameters, both ways',
    source: `const qs = require('qs')
exports.handler = async ({ who }) => [qs.parse('a[b]=1&c[]=2&c[]=3'), qs.stringify({ who: { name: who } }, { encode: false })]`,
    expected: ({ who }) => [{ a: { b: '1' }, c: ['2', '3'] }, `who[name]=${who}`],
  },
  {
    package: 'cookie',
    exercised: 'cookies, both ways',
    source: `const cookie = require('cookie')
const parse = cookie.parseCookie ?? cookie.parse
exports.handler = async ({ who }) => {
  const set = cookie.stringifySetCookie ? cookie.stringifySetCookie({ name: 'who', value: who, httpOnly: true, maxAge: 60 }) : cookie.serialize('who', who, { httpOnly: true, maxAge: 60 })
  return [{ ...parse('a=1; who=' + who) }, set]
}`,
    expected: ({ who }) => [{ a: '1', who }, `who=${who}; Max-Age=60; HttpOnly`],
  },
  {
    package: 'mime-types',
    exercised: 'types and extensions',
    source: `const mime = require('mime-types')
exports.handler = async ({ who }) => [mime.lookup(who + '.svg'), mime.contentType('json'), mime.extension('text/html')]`,
    expected: () => ['image/svg+xml', 'application/json; charset=utf-8', 'html'],
  },
] as const satisfies readonly Program[]
