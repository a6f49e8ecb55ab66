import type { Program } from '../program.ts'

export const HTTP_CLIENTS = [
  {
    package: 'axios',
    exercised: 'JSON both ways, a redirect, an error status, a refused connection',
    source: `const axios = require('axios')
exports.handler = async ({ who, web, closed }) => {
  const posted = await axios.post(web + '/echo', { who }, { headers: { 'x-who': who } })
  const moved = await axios.get(web + '/moved?who=' + who)
  const missing = await axios.get(web + '/status/404').catch(error => error)
  const refused = await axios.get('http://127.0.0.1:' + closed, { timeout: 2000 }).catch(error => error)
  return [posted.data.json, posted.data.headers['x-who'], moved.data.url, missing.response.status, axios.isAxiosError(refused), typeof refused.code]
}`,
    expected: ({ who }) => [{ who }, who, `/echo?who=${who}`, 404, true, 'string'],
  },
  {
    package: 'got',
    exercised: 'JSON both ways, a redirect, an error status, a stream',
    esm: true,
    source: `import got from 'got'
export const handler = async ({ who, web }) => {
  const posted = await got.post(web + '/echo', { json: { who }, retry: { limit: 0 } }).json()
  const moved = await got(web + '/moved?who=' + who).json()
  const missing = await got(web + '/status/404', { retry: { limit: 0 } }).catch(error => error)
  let text = ''
  for await (const chunk of got.stream(web + '/text/' + who)) text += chunk
  return [posted.json, posted.method, moved.url, missing.response.statusCode, missing.code, text]
}`,
    expected: ({ who }) => [
      { who },
      'POST',
      `/echo?who=${who}`,
      404,
      'ERR_NON_2XX_3XX_RESPONSE',
      `text for ${who}`,
    ],
  },
  {
    package: 'node-fetch2',
    exercised: 'JSON both ways, a redirect, a body as a Node stream',
    source: `const fetch = require('node-fetch')
exports.handler = async ({ who, web }) => {
  const posted = await (await fetch(web + '/echo', { method: 'POST', body: JSON.stringify({ who }), headers: { 'content-type': 'application/json' } })).json()
  const moved = await fetch(web + '/moved?who=' + who)
  const { body } = await fetch(web + '/text/' + who)
  let text = ''
  for await (const chunk of body) text += chunk
  return [posted.json, moved.redirected, (await moved.json()).url, text]
}`,
    expected: ({ who }) => [{ who }, true, `/echo?who=${who}`, `text for ${who}`],
  },
  {
    package: 'node-fetch3',
    exercised: 'JSON both ways, a redirect, a compressed body, form data',
    esm: true,
    source: `import fetch, { FormData } from 'node-fetch'
export const handler = async ({ who, web }) => {
  const posted = await (await fetch(web + '/echo', { method: 'POST', body: JSON.stringify({ who }), headers: { 'content-type': 'application/json' } })).json()
  const moved = await fetch(web + '/moved?who=' + who)
  const packed = await (await fetch(web + '/gzip/' + who)).text()
  const form = new FormData()
  form.set('who', who)
  const sent = await (await fetch(web + '/echo', { method: 'POST', body: form })).json()
  return [posted.json, moved.redirected, packed, sent.text.includes('name="who"\\r\\n\\r\\n' + who)]
}`,
    expected: ({ who }) => [{ who }, true, `packed for ${who}`, true],
  },
  {
    package: 'superagent',
    exercised: 'JSON both ways, a form, an error status',
    source: `const superagent = require('superagent')
exports.handler = async ({ who, web }) => {
  const posted = await superagent.post(web + '/echo').send({ who }).set('x-who', who)
  const form = await superagent.post(web + '/echo').type('form').send({ who })
  const missing = await superagent.get(web + '/status/404').catch(error => error)
  return [posted.body.json, posted.body.headers['x-who'], form.body.text, missing.status]
}`,
    expected: ({ who }) => [{ who }, who, `who=${who}`, 404],
  },
  {
    package: 'undici',
    exercised: '`request`, `fetch` and a `Pool` over its own sockets',
    source: `const { request, fetch, Pool } = require('undici')
exports.handler = async ({ who, web }) => {
  const posted = await request(web + '/echo', { method: 'POST', body: JSON.stringify({ who }), headers: { 'content-type': 'application/json' } })
  const fetched = await fetch(web + '/moved?who=' + who)
  const pool = new Pool(web, { connections: 2 })
  const texts = await Promise.all(['x', 'y', 'z'].map(async name => (await pool.request({ path: '/text/' + name, method: 'GET' })).body.text()))
  await pool.close()
  return [posted.statusCode, (await posted.body.json()).json, (await fetched.json()).url, texts]
}`,
    expected: ({ who }) => [200, { who }, `/echo?who=${who}`, ['text for x', 'text for y', 'text for z']],
  },
  {
    package: 'form-data',
    exercised: 'a form with a file, submitted and piped',
    source: `const FormData = require('form-data')
exports.handler = async ({ who, web }) => {
  const form = new FormData()
  form.append('who', who)
  form.append('file', Buffer.from('hello ' + who), { filename: 'hello.txt', contentType: 'text/plain' })
  const answer = await new Promise((resolve, reject) => form.submit(web + '/echo', (error, response) => error ? reject(error) : resolve(response)))
  let text = ''
  for await (const chunk of answer) text += chunk
  const { text: sent, headers } = JSON.parse(text)
  return [answer.statusCode, headers['content-type'].startsWith('multipart/form-data; boundary='), sent.includes('filename="hello.txt"'), sent.includes('hello ' + who)]
}`,
    expected: () => [200, true, true, true],
  },
  {
    package: 'openai',
    exercised: 'a chat completion, and a streamed one',
    source: `const OpenAI = require('openai')
exports.handler = async ({ who, web }) => {
  const client = new OpenAI({ apiKey: 'none', baseURL: web + '/openai', maxRetries: 0 })
  const ask = { model: 'm', messages: [{ role: 'user', content: who }] }
  const whole = await client.chat.completions.create(ask)
  let streamed = ''
  for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) streamed += chunk.choices[0].delta.content
  return [whole.choices[0].message.content, streamed]
}`,
    expected: ({ who }) => [`hello ${who}`, `hello ${who}`],
  },
  {
    package: 'stripe',
    exercised: 'a customer, and the signature of a webhook',
    source: `const Stripe = require('stripe')
exports.handler = async ({ who, web }) => {
  const { hostname, port } = new URL(web)
  const stripe = new Stripe('sk_test_none', { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false })
  const customer = await stripe.customers.create({ name: who })
  const payload = JSON.stringify({ id: 'evt_' + who, object: 'event' })
  const header = stripe.webhooks.generateTestHeaderString({ payload, secret: 'whsec_x' })
  return [customer.name, stripe.webhooks.constructEvent(payload, header, 'whsec_x').id]
}`,
    expected: ({ who }) => [who, `evt_${who}`],
  },
  {
    package: 'nodemailer',
    exercised: 'a mail composed, and one sent over SMTP',
    source: `const nodemailer = require('nodemailer')
exports.handler = async ({ who, smtp }) => {
  const mail = { from: 'a@example.com', to: who.toLowerCase() + '@example.com', subject: 'Grüße', text: 'hello ' + who }
  const composed = await nodemailer.createTransport({ streamTransport: true, buffer: true }).sendMail(mail)
  const sent = await nodemailer.createTransport({ host: '127.0.0.1', port: smtp, ignoreTLS: true }).sendMail(mail)
  return [composed.message.toString().includes('Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?='), sent.accepted, sent.response]
}`,
    expected: ({ who }) => [
      true,
      [`${who.toLowerCase()}@example.com`],
      `250 taken for <${who.toLowerCase()}@example.com>`,
    ],
  },
  {
    package: 'ws',
    exercised: 'a WebSocket to a server: text, binary, close',
    source: `const WebSocket = require('ws')
exports.handler = ({ who, web }) => new Promise((resolve, reject) => {
  const socket = new WebSocket(web.replace('http', 'ws') + '/socket'), got = []
  socket.on('open', () => socket.send('hello ' + who))
  socket.on('message', (data, isBinary) => {
    got.push(isBinary ? [...data] : data.toString())
    if (got.length === 1) socket.send(Buffer.from([1, 2, 255]))
    else socket.close(1000, 'enough')
  })
  socket.on('close', code => resolve([...got, code]))
  socket.on('error', reject)
})`,
    expected: ({ who }) => [`hello ${who}`, [1, 2, 255], 1000],
  },
  {
    package: 'jwks-rsa',
    with: ['jsonwebtoken'],
    exercised: "a token verified with the key of a server's key set",
    source: `const jwksRsa = require('jwks-rsa'), jwt = require('jsonwebtoken')
exports.handler = async ({ who, web }) => {
  const client = jwksRsa({ jwksUri: web + '/jwks.json' })
  const token = await (await fetch(web + '/token/' + who)).text()
  const key = await client.getSigningKey(jwt.decode(token, { complete: true }).header.kid)
  const missing = await client.getSigningKey('other').catch(error => error.name)
  return [jwt.verify(token, key.getPublicKey(), { algorithms: ['RS256'] }).sub, missing]
}`,
    expected: ({ who }) => [who, 'SigningKeyNotFoundError'],
  },
  {
    package: '@sentry/aws-serverless',
    exercised: 'a wrapped handler whose error is reported to a server',
    source: `const Sentry = require('@sentry/aws-serverless')
let wrapped
exports.handler = async ({ who, web }, context) => {
  Sentry.init({ dsn: web.replace('http://', 'http://key@') + '/1', tracesSampleRate: 0, defaultIntegrations: false })
  wrapped ??= Sentry.wrapHandler(async event => { throw new Error('broken for ' + event.who) })
  const error = await wrapped({ who }, context).catch(error => error)
  await Sentry.flush(2000)
  return [error.message, (await (await fetch(web + '/reports')).text()).includes('broken for ' + who)]
}`,
    expected: ({ who }) => [`broken for ${who}`, true],
  },
] as const satisfies readonly Program[]
