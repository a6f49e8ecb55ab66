import { runDurableObjectAlarm } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { publishToTopic } from '../../../../src/messaging/topics/publish-to-topic.ts'
import { topicHubName, topicOfArn } from '../../../../src/messaging/topics/topic-arn.ts'
import { outcome } from '../../../identity/accounts.ts'
import { env, ORIGIN, send } from '../../../whole-weir.ts'
import { Endpoints, isGenuine, newSns } from './topics-harness.ts'

let weir: Awaited<ReturnType<typeof newSns>>
let endpoints: Endpoints

beforeAll(async () => {
  weir = await newSns()
  endpoints = new Endpoints()
  return () => vi.restoreAllMocks()
})

const newTopic = async (Name: string, Attributes = {}): Promise<string> =>
  (await weir.sns.createTopic({ Name, Attributes })).TopicArn!

const hubOf = (arn: string) => env.TOPIC_HUB.getByName(topicHubName(topicOfArn(arn)!))

describe('whoever follows a link', () => {
  it('makes nothing for an account that there is not', async () => {
    const link = `${ORIGIN}/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:987698769876:made-up`
    expect((await send(`${link}&Token=${'a'.repeat(96)}`)).status).toBe(404)
    const { results } = await env.DB.prepare('SELECT kind FROM resources WHERE account = ?')
      .bind('987698769876')
      .all()
    expect(results).toEqual([])
  })

  it.each([
    ['a target', { 'x-amz-target': 'AmazonSimpleNotificationService.ListTopics' }],
    ['CBOR', { 'smithy-protocol': 'rpc-v2-cbor', 'x-amz-target': 'SNS.ListTopics' }],
  ])('calls nothing else by saying so in %s', async (_, headers) => {
    const answer = await send(`${ORIGIN}/?Action=ConfirmSubscription`, { headers })
    expect([answer.status, await answer.text()]).toEqual([
      403,
      expect.stringContaining('MissingAuthenticationToken'),
    ])
  })
})

describe('an endpoint that is subscribed', () => {
  it('is asked to confirm, by a link that it was sent alone', async () => {
    const { sns } = weir
    const TopicArn = await newTopic('confirmed')
    const subscribe = { TopicArn, Protocol: 'http', Endpoint: 'http://confirms.example/hook?a=b' }
    expect((await sns.subscribe(subscribe)).SubscriptionArn).toBe('pending confirmation')
    const [asked] = await endpoints.after('confirms', 1)
    expect(Object.fromEntries(asked!.headers)).toMatchObject({
      'content-type': 'text/plain; charset=UTF-8',
      'user-agent': 'Amazon Simple Notification Service Agent',
      'x-amz-sns-message-type': 'SubscriptionConfirmation',
      'x-amz-sns-message-id': asked!.json.MessageId,
      'x-amz-sns-topic-arn': TopicArn,
    })
    expect(asked!.json).toMatchObject({ Type: 'SubscriptionConfirmation', TopicArn, SignatureVersion: '1' })
    expect(await isGenuine(asked!.json)).toBe(true)
    expect(await isGenuine({ ...asked!.json, Token: 'another' })).toBe(false)
    await sns.publish({ TopicArn, Message: 'too early' })
    const { Subscriptions: pending } = await sns.listSubscriptionsByTopic({ TopicArn })
    expect(pending).toMatchObject([{ SubscriptionArn: 'PendingConfirmation', Protocol: 'http' }])
    expect((await sns.getTopicAttributes({ TopicArn })).Attributes).toMatchObject({
      SubscriptionsPending: '1',
      SubscriptionsConfirmed: '0',
    })

    const Token = asked!.json.Token as string
    const forged = Token.slice(0, -1) + (Token.endsWith('0') ? '1' : '0')
    for (const token of [forged, 'x', '']) {
      const refused = await send(`${ORIGIN}/?Action=ConfirmSubscription&TopicArn=${TopicArn}&Token=${token}`)
      expect([refused.status, await refused.text()]).toEqual([
        400,
        expect.stringContaining('<Code>InvalidParameter'),
      ])
    }
    // Another topic's is none.
    const Other = await newTopic('confirmed-other')
    expect(await outcome(sns.confirmSubscription({ TopicArn: Other, Token }))).toBe(
      'InvalidParameterException: Invalid parameter: Token',
    )
    const followed = await send(asked!.json.SubscribeURL)
    expect(followed.status).toBe(200)
    const { SubscriptionArn } = await sns.confirmSubscription({ TopicArn, Token })
    expect(await followed.text()).toContain(`<SubscriptionArn>${SubscriptionArn}</SubscriptionArn>`)
    expect((await sns.getSubscriptionAttributes({ SubscriptionArn })).Attributes).toMatchObject({
      PendingConfirmation: 'false',
      ConfirmationWasAuthenticated: 'false',
      RawMessageDelivery: 'false',
      Owner: weir.account,
    })
    await sns.publish({ TopicArn, Message: 'now' })
    const received = await endpoints.after('confirms', 2)
    expect(received.map(({ json }) => json.Message)).toEqual([expect.any(String), 'now'])
  })

  it('is subscribed once, and asked again until it has confirmed', async () => {
    const { sns } = weir
    const TopicArn = await newTopic('once')
    const again = { TopicArn, Protocol: 'http', Endpoint: 'http://once.example/' }
    await sns.subscribe(again)
    const { SubscriptionArn } = await sns.subscribe({ ...again, ReturnSubscriptionArn: true })
    const [first, second] = await endpoints.after('once', 2)
    expect(first!.json.Token).toBe(second!.json.Token)
    await send(second!.json.SubscribeURL)
    expect((await sns.subscribe(again)).SubscriptionArn).toBe(SubscriptionArn)
    expect(await outcome(sns.subscribe({ ...again, Attributes: { RawMessageDelivery: 'true' } }))).toContain(
      'Subscription already exists with different attributes',
    )
    expect(
      (await sns.listSubscriptions({})).Subscriptions!.filter(each => each.TopicArn === TopicArn),
    ).toHaveLength(1)
  })

  it('leaves by a link, is told so, and can come back', async () => {
    const { sns } = weir
    const TopicArn = await newTopic('left')
    const arn = await endpoints.subscribe(sns, TopicArn, 'leaves')
    await sns.publish({ TopicArn, Message: 'with a link' })
    const [, told] = await endpoints.after('leaves', 2)
    expect(told!.json.UnsubscribeURL).toBe(`${ORIGIN}/?Action=Unsubscribe&SubscriptionArn=${arn}`)
    expect((await send(told!.json.UnsubscribeURL)).status).toBe(200)
    const [, , over] = await endpoints.after('leaves', 3)
    expect(over!.json).toMatchObject({
      Type: 'UnsubscribeConfirmation',
      Message: expect.stringContaining(arn),
    })
    expect(await isGenuine(over!.json)).toBe(true)
    expect((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions).toEqual([])
    expect(await outcome(sns.getSubscriptionAttributes({ SubscriptionArn: arn }))).toBe(
      'NotFoundException: Subscription does not exist',
    )
    expect((await sns.getTopicAttributes({ TopicArn })).Attributes!.SubscriptionsDeleted).toBe('1')
    await send(over!.json.SubscribeURL)
    await sns.publish({ TopicArn, Message: 'back' })
    expect((await endpoints.after('leaves', 4)).at(-1)!.json.Message).toBe('back')
    await sns.unsubscribe({ SubscriptionArn: arn })
    await sns.unsubscribe({ SubscriptionArn: arn })
    expect((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions).toEqual([])
  })

  it('does not leave by a link where whoever confirmed it wanted that signed', async () => {
    const { sns } = weir
    const TopicArn = await newTopic('kept')
    await sns.subscribe({ TopicArn, Protocol: 'http', Endpoint: 'http://kept.example/' })
    const [{ json } = { json: {} }] = await endpoints.after('kept', 1)
    const confirmed = await sns.confirmSubscription({
      TopicArn,
      Token: json.Token,
      AuthenticateOnUnsubscribe: 'true',
    })
    const link = await send(`${ORIGIN}/?Action=Unsubscribe&SubscriptionArn=${confirmed.SubscriptionArn}`)
    expect([link.status, await link.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AuthorizationError'),
    ])
    const stranger = await newSns()
    expect(await outcome(stranger.sns.unsubscribe(confirmed as { SubscriptionArn: string }))).toContain(
      'AuthorizationErrorException',
    )
    expect(await outcome(weir.sns.unsubscribe(confirmed as { SubscriptionArn: string }))).toBe('ok')
  })

  it('has a protocol by which Weir delivers', async () => {
    const TopicArn = await newTopic('protocols')
    const subscribe = (Protocol: string, Endpoint?: string) =>
      outcome(weir.sns.subscribe({ TopicArn, Protocol, Endpoint }))
    expect(await subscribe('sqs', 'arn:aws:sqs:us-east-1:1:q')).toContain('Weir has no SQS queues')
    expect(await subscribe('email', 'a@example.com')).toContain('Weir sends no e-mail')
    expect(await subscribe('pigeon', 'x')).toBe(
      'InvalidParameterException: Invalid parameter: Amazon SNS does not support this protocol string: pigeon',
    )
    expect(await subscribe('https', 'http://a.example')).toBe(
      'InvalidParameterException: Invalid parameter: Endpoint must match the specified protocol',
    )
    expect(await subscribe('lambda', 'f')).toBe(
      'InvalidParameterException: Invalid parameter: Lambda endpoint ARN',
    )
    expect(await subscribe('http')).toBe('InvalidParameterException: Invalid parameter: Endpoint')
  })
})

describe('a message', () => {
  it('comes with its subject and attributes, signed as the topic says', async () => {
    const { sns } = weir
    const TopicArn = await newTopic('told', { SignatureVersion: '2' })
    const arn = await endpoints.subscribe(sns, TopicArn, 'told')
    const { MessageId } = await sns.publish({
      TopicArn,
      Subject: 'Grüße',
      Message: 'Hello ☃\nthere',
      // Of standard topics only queues are told of it.
      MessageGroupId: 'tenant-a',
      MessageAttributes: {
        count: { DataType: 'Number', StringValue: '5' },
        bytes: { DataType: 'Binary', BinaryValue: new TextEncoder().encode('xyz') },
      },
    })
    const [, { json, headers } = endpoints.received('told')[0]!] = await endpoints.after('told', 2)
    expect(json).toEqual({
      Type: 'Notification',
      MessageId,
      TopicArn,
      Subject: 'Grüße',
      Message: 'Hello ☃\nthere',
      Timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      SignatureVersion: '2',
      Signature: expect.any(String),
      SigningCertURL: expect.stringMatching(
        /^http:\/\/localhost:8787\/SimpleNotificationService-[0-9a-f]{32}\.pem$/,
      ),
      UnsubscribeURL: expect.stringContaining(arn),
      MessageAttributes: { count: { Type: 'Number', Value: '5' }, bytes: { Type: 'Binary', Value: 'eHl6' } },
    })
    expect(headers.get('x-amz-sns-subscription-arn')).toBe(arn)
    expect(await isGenuine(json)).toBe(true)
    expect(await isGenuine({ ...json, Message: 'Hello' })).toBe(false)
  })

  it('is for the protocol’s subscribers what it says for them, and raw for those that want it so', async () => {
    const { sns } = weir
    const TopicArn = await newTopic('shaped')
    await endpoints.subscribe(sns, TopicArn, 'shaped')
    await endpoints.subscribe(sns, TopicArn, 'raw', {
      RawMessageDelivery: 'true',
      DeliveryPolicy: JSON.stringify({ requestPolicy: { headerContentType: 'application/json' } }),
    })
    const Message = JSON.stringify({ default: 'for others', http: '{"for":"http"}', sms: 'x' })
    await sns.publish({ TopicArn, Message, MessageStructure: 'json' })
    expect((await endpoints.after('shaped', 2))[1]!.json.Message).toBe('{"for":"http"}')
    const [, raw] = await endpoints.after('raw', 2)
    expect(raw!.body).toBe('{"for":"http"}')
    expect(raw!.headers.get('x-amz-sns-rawdelivery')).toBe('true')
    expect(raw!.headers.get('content-type')).toBe('application/json')
    expect(endpoints.received('raw')[0]!.json.Type).toBe('SubscriptionConfirmation')
  })

  it('is for no endpoint that no request can be made for', async () => {
    const { sns } = weir
    const TopicArn = await newTopic('impossible')
    const endpoint = { TopicArn, Protocol: 'http', Endpoint: 'http://%zz@impossible.example/' }
    expect(await outcome(sns.subscribe(endpoint))).toContain('InvalidParameter')
    const DeliveryPolicy = JSON.stringify({ requestPolicy: { headerContentType: 'text/plain;\nx: y' } })
    const type = { ...endpoint, Endpoint: 'http://impossible.example/', Attributes: { DeliveryPolicy } }
    expect(await outcome(sns.subscribe(type))).toContain('headerContentType')
  })

  it('comes to those whose filter wants it', async () => {
    const { sns } = weir
    const TopicArn = await newTopic('filtered')
    await endpoints.subscribe(sns, TopicArn, 'attributes', { FilterPolicy: '{"kind":["a"]}' })
    const body = await endpoints.subscribe(sns, TopicArn, 'body', {
      FilterPolicy: '{"order":{"total":[{"numeric":[">",100]}]}}',
      FilterPolicyScope: 'MessageBody',
    })
    const kind = (StringValue: string) => ({ kind: { DataType: 'String', StringValue } })
    await sns.publish({ TopicArn, Message: 'one', MessageAttributes: kind('b') })
    await sns.publish({ TopicArn, Message: 'two', MessageAttributes: kind('a') })
    await sns.publish({ TopicArn, Message: '{"order":{"total":100}}' })
    await sns.publish({ TopicArn, Message: '{"order":{"total":101}}' })
    expect((await endpoints.after('attributes', 2)).map(each => each.json.Message).slice(1)).toEqual(['two'])
    expect((await endpoints.after('body', 2)).map(each => each.json.Message).slice(1)).toEqual([
      '{"order":{"total":101}}',
    ])
    await sns.setSubscriptionAttributes({
      SubscriptionArn: body,
      AttributeName: 'FilterPolicy',
      AttributeValue: '',
    })
    await sns.publish({ TopicArn, Message: 'anything' })
    expect((await endpoints.after('body', 3)).at(-1)!.json.Message).toBe('anything')
    const refused = sns.setSubscriptionAttributes({
      SubscriptionArn: body,
      AttributeName: 'FilterPolicy',
      AttributeValue: '{"a":[{"like":1}]}',
    })
    expect(await outcome(refused)).toBe(
      'InvalidParameterException: Invalid parameter: FilterPolicy: Unrecognized match type like',
    )
  })

  it('is published with others, each of which may be refused', async () => {
    const { sns } = weir
    const TopicArn = await newTopic('batched')
    await endpoints.subscribe(sns, TopicArn, 'batched')
    const { Successful, Failed } = await sns.publishBatch({
      TopicArn,
      PublishBatchRequestEntries: [
        { Id: 'a', Message: 'first' },
        { Id: 'b', Message: 'no json', MessageStructure: 'json' },
        { Id: 'c', Message: 'third' },
      ],
    })
    expect(Failed).toEqual([
      {
        Id: 'b',
        Code: 'InvalidParameter',
        Message: 'Invalid parameter: Message Structure - JSON message body failed to parse',
        SenderFault: true,
      },
    ])
    const received = (await endpoints.after('batched', 3))
      .slice(1)
      .map(({ json }) => [json.MessageId, json.Message])
    expect(Object.fromEntries(received)).toEqual({
      [Successful![0]!.MessageId!]: 'first',
      [Successful![1]!.MessageId!]: 'third',
    })
    const batch = (...PublishBatchRequestEntries: { Id: string; Message: string }[]) =>
      outcome(sns.publishBatch({ TopicArn, PublishBatchRequestEntries })).then(text => text.split(':')[0])
    const entries = (count: number, Message = 'x') =>
      Array.from({ length: count }, (_, index) => ({ Id: String(index), Message }))
    expect(await batch(...entries(11))).toBe('TooManyEntriesInBatchRequestException')
    expect(await batch({ Id: 'a', Message: 'x' }, { Id: 'a', Message: 'y' })).toBe(
      'BatchEntryIdsNotDistinctException',
    )
    expect(await batch({ Id: 'a b', Message: 'x' })).toBe('InvalidBatchEntryIdException')
    expect(await batch(...entries(3, 'x'.repeat(100_000)))).toBe('BatchRequestTooLongException')
  })

  it('is refused as SNS refuses it', async () => {
    const TopicArn = await newTopic('refused')
    const publish = (more: object) => outcome(weir.sns.publish({ TopicArn, Message: 'x', ...more }))
    const invalid = 'InvalidParameterException: Invalid parameter:'
    expect(await publish({ Message: '' })).toBe(`${invalid} Empty message`)
    expect(await publish({ Message: 'x'.repeat(262_145) })).toBe(`${invalid} Message too long`)
    expect(await publish({ Message: 'x'.repeat(262_144) })).toBe('ok')
    expect(await publish({ Subject: 'a\nb' })).toBe(`${invalid} Subject`)
    expect(await publish({ Subject: 'x'.repeat(101) })).toBe(`${invalid} Subject`)
    expect(await publish({ Message: '{"http":"x"}', MessageStructure: 'json' })).toBe(
      `${invalid} Message Structure - No default entry in JSON message body`,
    )
    expect(await publish({ MessageGroupId: 'x'.repeat(128) })).toBe('ok')
    expect(await publish({ MessageGroupId: 'with space' })).toContain(`${invalid} MessageGroupId`)
    expect(await publish({ MessageDeduplicationId: 'x' })).toContain('not valid for this topic type')
    expect(await publish({ TopicArn: undefined })).toContain('TopicArn or TargetArn')
    expect(await publish({ TopicArn: undefined, TargetArn: TopicArn })).toBe('ok')
    const attribute = (value: object, name = 'a') => publish({ MessageAttributes: { [name]: value } })
    expect(await attribute({ DataType: 'Foo', StringValue: 'x' })).toContain('invalid message attribute type')
    expect(await attribute({ DataType: 'String', StringValue: '' })).toContain(
      'non-empty message attribute value',
    )
    expect(await attribute({ DataType: 'Number', StringValue: 'five' })).toContain('to number')
    expect(await attribute({ DataType: 'String', StringValue: 'x' }, 'AWS.x')).toContain('attribute name')
  })
})

describe('an endpoint that fails', () => {
  const retrying = (numRetries: number) => ({
    DeliveryPolicy: JSON.stringify({
      healthyRetryPolicy: { numRetries, numNoDelayRetries: numRetries, minDelayTarget: 1, maxDelayTarget: 1 },
    }),
  })

  it('is tried again as its policy says, and then no more', async () => {
    const TopicArn = await newTopic('failing')
    await endpoints.subscribe(weir.sns, TopicArn, 'fails', retrying(2))
    endpoints.answer('fails', () => new Response(null, { status: 503 }))
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    await weir.sns.publish({ TopicArn, Message: 'thrice' })
    await endpoints.after('fails', 3)
    // What is due at once may wait for the object's alarm.
    while (await runDurableObjectAlarm(hubOf(TopicArn))) if (endpoints.received('fails').length >= 4) break
    const received = (await endpoints.after('fails', 4)).slice(1)
    expect(received.map(({ json }) => json.Message)).toEqual(['thrice', 'thrice', 'thrice'])
    expect(new Set(received.map(({ json }) => json.MessageId)).size).toBe(1)
    endpoints.answer('fails', () => new Response())
    await weir.sns.publish({ TopicArn, Message: 'next' })
    expect((await endpoints.after('fails', 5)).at(-1)!.json.Message).toBe('next')
  })

  it('is not tried again when it says that it never will', async () => {
    const TopicArn = await newTopic('rejecting')
    await endpoints.subscribe(weir.sns, TopicArn, 'rejects', retrying(2))
    endpoints.answer(
      'rejects',
      ({ json }) => new Response(null, { status: json.Message === 'no' ? 403 : 200 }),
    )
    await weir.sns.publish({ TopicArn, Message: 'no' })
    await weir.sns.publish({ TopicArn, Message: 'yes' })
    const received = await endpoints.after('rejects', 3)
    expect(received.slice(1).map(({ json }) => json.Message)).toEqual(['no', 'yes'])
  })

  it('does not hold up others', async () => {
    const TopicArn = await newTopic('mixed')
    await endpoints.subscribe(weir.sns, TopicArn, 'hangs')
    await endpoints.subscribe(weir.sns, TopicArn, 'answers')
    const hanging = Promise.withResolvers<void>()
    endpoints.answer('hangs', async () => {
      await hanging.promise
      return new Response()
    })
    for (let message = 0; message < 12; message++) {
      await weir.sns.publish({ TopicArn, Message: String(message) })
    }
    expect(await endpoints.after('answers', 13)).toHaveLength(13)
    expect(endpoints.received('hangs')).toHaveLength(5)
    hanging.resolve()
    await endpoints.after('hangs', 13)
  })
})

describe('a service that publishes', () => {
  const by = (account: string) => ({
    service: 'cloudwatch.amazonaws.com',
    sourceArn: `arn:aws:cloudwatch:us-east-1:${account}:alarm:a`,
    sourceAccount: account,
  })

  it('may do so for the topic’s own account, until a policy says otherwise', async () => {
    const TopicArn = await newTopic('alarms')
    const publish = (account: string) => outcome(publishToTopic(env)(TopicArn, { message: 'x' }, by(account)))
    expect(await publish(weir.account)).toBe('ok')
    expect(await publish('111122223333')).toContain('cloudwatch.amazonaws.com is not authorized')
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: TopicArn,
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:*' } },
    }
    const AttributeValue = JSON.stringify({ Version: '2012-10-17', Statement: statement })
    await weir.sns.setTopicAttributes({ TopicArn, AttributeName: 'Policy', AttributeValue })
    expect(await publish('111122223333')).toBe('ok')
    expect(await publish(weir.account)).toContain('is not authorized')
  })
})

describe('a topic that is deleted', () => {
  it('tells nobody any more, nor does a new one of its name', async () => {
    const TopicArn = await newTopic('reborn')
    await endpoints.subscribe(weir.sns, TopicArn, 'orphan')
    await weir.sns.deleteTopic({ TopicArn })
    await newTopic('reborn')
    await endpoints.subscribe(weir.sns, TopicArn, 'newcomer')
    await weir.sns.publish({ TopicArn, Message: 'x' })
    await endpoints.after('newcomer', 2)
    expect(endpoints.received('orphan')).toHaveLength(1)
    expect((await weir.sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions).toHaveLength(1)
  })
})
