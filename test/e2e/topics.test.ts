import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Lambda } from '@aws-sdk/client-lambda'
import { SNS } from '@aws-sdk/client-sns'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createFunction, zip } from './acceptance/functions.ts'
import { startWeir, type WeirServer } from './server.ts'

/**
 * Verifies the notification that it is called with as AWS's validators do, by the certificate of the address that they
 * want, and tells the test what it has found.
 */
const SUBSCRIBER = `
const { createVerify, X509Certificate } = require('node:crypto')
exports.handler = async event => {
  const { Sns, EventSubscriptionArn } = event.Records[0]
  const pem = await fetch(Sns.SigningCertUrl).then(response => response.text())
  const names = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'].filter(name => Sns[name] !== null)
  const isGenuine = createVerify('RSA-SHA1')
    .update(names.map(name => name + '\\n' + Sns[name] + '\\n').join(''))
    .verify(new X509Certificate(pem).publicKey, Sns.Signature, 'base64')
  await fetch(process.env.TEST, { method: 'POST', body: JSON.stringify({ Sns, EventSubscriptionArn, isGenuine }) })
  if (Sns.Message === 'fail') throw new Error('as told')
}`

let weir: WeirServer
let listener: Server
let sns: SNS
let lambda: Lambda
// biome-ignore lint/suspicious/noExplicitAny: whatever subscribers were sent
let received: any[] = []
let status = 200
const url = () => `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`

beforeAll(async () => {
  listener = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    received.push(JSON.parse(body))
    response.writeHead(status).end()
  })
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  weir = await startWeir({ vars: { WEIR_MINUTE_MS: '1000' } })
  sns = new SNS(weir.sdk)
  lambda = new Lambda(weir.sdk)
})
afterAll(async () => {
  listener.close()
  await weir[Symbol.asyncDispose]()
})

const after = (count: number) =>
  vi.waitFor(
    () => {
      if (received.length < count) throw new Error(`${received.length} of ${count} have come`)
      return received
    },
    { timeout: 20_000, interval: 20 },
  )

test('a function that is subscribed is called once its policy lets the topic in, and dead letters go to topics', async () => {
  received = []
  const TopicArn = (await sns.createTopic({ Name: 'orders' })).TopicArn!
  const DeadLetters = (await sns.createTopic({ Name: 'dead-letters' })).TopicArn!
  await createFunction(lambda, 'subscriber', zip({ 'index.js': SUBSCRIBER }), {
    Environment: { Variables: { TEST: url() } },
  })
  const FunctionName = 'subscriber'
  const DeadLetterConfig = { TargetArn: DeadLetters }
  const { FunctionArn: Endpoint } = await lambda.updateFunctionConfiguration({
    FunctionName,
    DeadLetterConfig,
  })
  const { SubscriptionArn } = await sns.subscribe({ TopicArn, Protocol: 'lambda', Endpoint })
  await sns.publish({ TopicArn, Message: 'not permitted' })
  await lambda.addPermission({
    FunctionName,
    StatementId: 'topic',
    Action: 'lambda:InvokeFunction',
    Principal: 'sns.amazonaws.com',
    SourceArn: TopicArn,
  })
  const { MessageId } = await sns.publish({
    TopicArn,
    Message: 'permitted',
    MessageAttributes: { kind: { DataType: 'String', StringValue: 'a' } },
  })
  expect(await after(1)).toEqual([
    {
      EventSubscriptionArn: SubscriptionArn,
      isGenuine: true,
      Sns: expect.objectContaining({
        MessageId,
        TopicArn,
        Subject: null,
        Message: 'permitted',
        MessageAttributes: { kind: { Type: 'String', Value: 'a' } },
      }),
    },
  ])

  received = []
  await sns.subscribe({ TopicArn: DeadLetters, Protocol: 'http', Endpoint: url() })
  await fetch((await after(1))[0].SubscribeURL)
  await sns.publish({ TopicArn, Message: 'fail' })
  // Three times, and then where dead letters go.
  const [, , , , letter] = await after(5)
  expect(letter).toMatchObject({ Type: 'Notification', TopicArn: DeadLetters })
  expect(letter.MessageAttributes).toMatchObject({ ErrorMessage: { Type: 'String', Value: 'as told' } })
  expect(JSON.parse(letter.Message).Records[0].Sns.Message).toBe('fail')
})

test('what was published reaches its subscriber after kill -9', async () => {
  received = []
  const TopicArn = (await sns.createTopic({ Name: 'killed' })).TopicArn!
  const retries = { numRetries: 100, numMinDelayRetries: 100, minDelayTarget: 1, maxDelayTarget: 1 }
  await sns.subscribe({
    TopicArn,
    Protocol: 'http',
    Endpoint: url(),
    Attributes: { DeliveryPolicy: JSON.stringify({ healthyRetryPolicy: retries }) },
  })
  await fetch((await after(1))[0].SubscribeURL)
  status = 503
  const published = await Promise.all(
    Array.from({ length: 20 }, (_, index) => sns.publish({ TopicArn, Message: String(index) })),
  )
  await weir.kill9()
  status = 200
  received = []
  await weir.restart()
  await vi.waitFor(
    () => {
      const ids = new Set(received.map(({ MessageId }) => MessageId))
      expect(published.filter(({ MessageId }) => !ids.has(MessageId))).toEqual([])
    },
    { timeout: 30_000, interval: 50 },
  )
})
