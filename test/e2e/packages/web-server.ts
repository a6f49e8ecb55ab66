import { createHash, createSign, generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import { INSTALLED } from './install-packages.ts'

interface Asked {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  /** What is left of the path behind the route's prefix. */
  rest: string
  text: string
}

interface Answer {
  status?: number
  headers?: Record<string, string>
  /** A string is sent as it is, all else as JSON. */
  body: unknown
}

/** What the programs' HTTP clients talk to: an echo, some awkward answers, and the services whose SDKs they are. */
export async function startWebServer(): Promise<Server> {
  const meetings = new Map<string, (() => void)[]>()
  const reports: string[] = []
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

  const routes: [prefix: string, answer: (asked: Asked) => Answer | Promise<Answer>][] = [
    [
      '/echo',
      ({ request, text }) => {
        const isJson = request.headers['content-type']?.startsWith('application/json')
        const { method, url, headers } = request
        return { body: { method, url, headers, text, json: isJson ? JSON.parse(text) : null } }
      },
    ],
    ['/moved', ({ url }) => ({ status: 302, headers: { location: `/echo${url.search}` }, body: '' })],
    ['/status/', ({ rest }) => ({ status: Number(rest), body: { status: rest } })],
    ['/text/', ({ rest }) => ({ body: `text for ${rest}` })],
    [
      '/gzip/',
      ({ rest }) => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(`packed for ${rest}`) }),
    ],
    [
      '/meet/',
      async ({ rest }) => {
        const waiting = meetings.get(rest) ?? []
        meetings.set(rest, waiting)
        await new Promise<void>(resolve => {
          waiting.push(resolve)
          if (waiting.length === 2) for (const go of waiting) go()
        })
        return { body: 'both are here' }
      },
    ],
    ['/reports', () => ({ body: reports.join('\n') })],
    ['/api/1/envelope', ({ text }) => ({ body: { id: reports.push(text) } })],
    [
      '/jwks.json',
      () => ({
        body: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }] },
      }),
    ],
    [
      '/token/',
      ({ rest }) => {
        const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
        const signed = `${part({ alg: 'RS256', kid: 'k1' })}.${part({ sub: rest })}`
        return { body: `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}` }
      },
    ],
    [
      '/openai/chat/completions',
      ({ text }) => {
        const { messages, stream } = JSON.parse(text) as { messages: { content: string }[]; stream?: boolean }
        const content = `hello ${messages[0]!.content}`
        if (!stream)
          return { body: { id: 'c', choices: [{ index: 0, message: { role: 'assistant', content } }] } }
        const events = content
          .split(/(?= )/)
          .map(delta => ({ choices: [{ index: 0, delta: { content: delta } }] }))
        return {
          headers: { 'content-type': 'text/event-stream' },
          body: [...events.map(event => JSON.stringify(event)), '[DONE]']
            .map(data => `data: ${data}\n\n`)
            .join(''),
        }
      },
    ],
    [
      '/v1/customers',
      ({ text }) => ({
        body: { id: 'cus_1', object: 'customer', name: new URLSearchParams(text).get('name') },
      }),
    ],
    [
      '/2015-03-31/functions/',
      ({ rest, text }) => ({ body: { invoked: rest.replace('/invocations', ''), with: JSON.parse(text) } }),
    ],
    ['/files/', ({ request, rest, text }) => fileAnswer(request, rest, text)],
    ['/', ({ request, text }) => awsAnswer(String(request.headers['x-amz-target'] ?? ''), text)],
  ]

  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, 'http://here')
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const [prefix, route] = routes.find(([prefix]) => url.pathname.startsWith(prefix))!
    const { status, headers, body } = await route({
      request,
      response,
      url,
      text,
      rest: url.pathname.slice(prefix.length),
    })
    const isPlain = typeof body === 'string' || body instanceof Uint8Array
    response.writeHead(status ?? 200, {
      'content-type': isPlain ? 'text/plain' : 'application/json',
      ...headers,
    })
    response.end(isPlain ? body : JSON.stringify(body))
  })
  // The library whose client is under test is also the one that test servers use.
  const { WebSocketServer } = createRequire(`${INSTALLED}/x`)('ws') as {
    WebSocketServer: new (
      options: object,
    ) => { on(name: string, listener: (socket: EchoSocket) => void): void }
  }
  new WebSocketServer({ server, path: '/socket' }).on('connection', socket =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

interface EchoSocket {
  on(name: 'message', listener: (data: Buffer, isBinary: boolean) => void): void
  send(data: Buffer, options: { binary: boolean }): void
}

function fileAnswer(request: IncomingMessage, name: string, text: string): Answer {
  if (request.method === 'PUT') return { headers: { etag: `"${text.length}"` }, body: '' }
  return { headers: { etag: '"1"' }, body: `hello ${name.replace('.txt', '')}` }
}

/** The few operations of AWS's services that the programs call, by their target or their form. */
function awsAnswer(target: string, text: string): Answer {
  if (target === '') {
    const message = new URLSearchParams(text).get('Message')
    return {
      headers: { 'content-type': 'text/xml' },
      body: `<PublishResponse><PublishResult><MessageId>published ${message}</MessageId></PublishResult></PublishResponse>`,
    }
  }
  const input = JSON.parse(text) as Record<string, unknown>
  switch (target.slice(target.indexOf('.') + 1)) {
    case 'GetItem':
      return { body: { Item: { ...(input.Key as object), age: { N: '36' } } } }
    case 'PutItem':
      return {
        status: 400,
        body: { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'no' },
      }
    case 'SendMessage': {
      const body = String(input.MessageBody)
      const MD5OfMessageBody = createHash('md5').update(body).digest('hex')
      return { body: { MessageId: `message ${body}`, MD5OfMessageBody } }
    }
    case 'GetSecretValue':
      return { body: { Name: input.SecretId, SecretString: JSON.stringify({ name: input.SecretId }) } }
    default:
      return { status: 400, body: { __type: 'UnknownOperationException', message: target } }
  }
}
