import { expect } from 'vitest'
import { ACCOUNT, nameOf, publish, REGION, type Steps, soon, type World } from './world.ts'

const TopicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:sales`
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:told`

interface Posted {
  readonly Type: string
  readonly Message: string
  readonly Token?: string
  readonly Subject?: string
}

const postedTo = ({ endpoint }: World): Posted[] =>
  endpoint.posted.map(({ body }) => JSON.parse(body) as Posted)

/** What the function was told of messages. */
const told = async ({ logs }: World): Promise<string[]> => {
  const { events } = await logs.filterLogEvents({ logGroupName: '/aws/lambda/told', filterPattern: 'TOLD' })
  return events!.map(({ message }) => /TOLD (.*)/.exec(message!)![1]!).sort()
}

const policyOf = async ({ sns }: World): Promise<{ Statement: { Sid: string }[] }> => {
  const { Attributes } = await sns.getTopicAttributes({ TopicArn })
  return JSON.parse(Attributes!.Policy!)
}

/** A topic with a function and an endpoint that listen. */
export const topics: Steps = {
  async CreateTopic({ sns }) {
    const first = await sns.createTopic({ Name: 'sales', Tags: [{ Key: 'team', Value: 'shop' }] })
    expect(first.TopicArn).toBe(TopicArn)
    expect((await sns.createTopic({ Name: 'sales' })).TopicArn).toBe(TopicArn)
  },
  async ListTopics({ sns }) {
    expect((await sns.listTopics({})).Topics).toEqual([{ TopicArn }])
  },
  async SetTopicAttributes({ sns }) {
    await sns.setTopicAttributes({ TopicArn, AttributeName: 'DisplayName', AttributeValue: 'Sales' })
  },
  async GetTopicAttributes({ sns }) {
    const { Attributes } = await sns.getTopicAttributes({ TopicArn })
    expect(Attributes).toMatchObject({ DisplayName: 'Sales', Owner: ACCOUNT, SubscriptionsConfirmed: '0' })
  },
  async AddPermission(world) {
    await world.sns.addPermission({
      TopicArn,
      Label: 'partner',
      AWSAccountId: ['111122223333'],
      ActionName: ['Publish'],
    })
    expect((await policyOf(world)).Statement.map(({ Sid }) => Sid)).toContain('partner')
  },
  async RemovePermission(world) {
    await world.sns.removePermission({ TopicArn, Label: 'partner' })
    expect((await policyOf(world)).Statement.map(({ Sid }) => Sid)).not.toContain('partner')
  },
  async Subscribe(world) {
    await publish(
      world,
      'told',
      'exports.handler = async ({ Records }) => { for (const { Sns } of Records) console.log("TOLD " + Sns.Message) }',
    )
    await world.lambda.addPermission({
      FunctionName: 'told',
      StatementId: 'sns',
      Action: 'lambda:InvokeFunction',
      Principal: 'sns.amazonaws.com',
      SourceArn: TopicArn,
    })
    const { SubscriptionArn } = await world.sns.subscribe({
      TopicArn,
      Protocol: 'lambda',
      Endpoint: FUNCTION,
      ReturnSubscriptionArn: true,
    })
    world.made.ofFunction = SubscriptionArn!
    const pending = await world.sns.subscribe({ TopicArn, Protocol: 'http', Endpoint: world.endpoint.url })
    expect(pending.SubscriptionArn).toBe('pending confirmation')
    await soon(async () => expect(postedTo(world)).toMatchObject([{ Type: 'SubscriptionConfirmation' }]))
  },
  async ConfirmSubscription(world) {
    const { Token } = postedTo(world)[0]!
    const { SubscriptionArn } = await world.sns.confirmSubscription({ TopicArn, Token: Token! })
    world.made.ofEndpoint = SubscriptionArn!
    expect(await nameOf(world.sns.confirmSubscription({ TopicArn, Token: 'none' }))).toBe(
      'InvalidParameterException',
    )
  },
  async SetSubscriptionAttributes({ sns, made }) {
    await sns.setSubscriptionAttributes({
      SubscriptionArn: made.ofFunction!,
      AttributeName: 'FilterPolicy',
      AttributeValue: JSON.stringify({ amount: [{ numeric: ['>=', 100] }] }),
    })
  },
  async GetSubscriptionAttributes({ sns, made }) {
    const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn: made.ofFunction! })
    expect(Attributes).toMatchObject({ Protocol: 'lambda', Endpoint: FUNCTION, PendingConfirmation: 'false' })
    expect(JSON.parse(Attributes!.FilterPolicy!)).toEqual({ amount: [{ numeric: ['>=', 100] }] })
  },
  async ListSubscriptions({ sns }) {
    expect((await sns.listSubscriptions({})).Subscriptions).toHaveLength(2)
  },
  async ListSubscriptionsByTopic({ sns, made }) {
    const { Subscriptions } = await sns.listSubscriptionsByTopic({ TopicArn })
    expect(Subscriptions!.map(({ SubscriptionArn }) => SubscriptionArn).sort()).toEqual(
      [made.ofFunction, made.ofEndpoint].sort(),
    )
  },
  async Publish(world) {
    const sell = (amount: number) =>
      world.sns.publish({
        TopicArn,
        Subject: 'A sale',
        Message: `sold for ${amount}`,
        MessageAttributes: { amount: { DataType: 'Number', StringValue: String(amount) } },
      })
    for (const amount of [5, 500]) expect((await sell(amount)).MessageId).toMatch(/^[0-9a-f-]{36}$/)
    await soon(async () => expect(await told(world)).toEqual(['sold for 500']))
    await soon(async () => {
      const messages = postedTo(world).filter(({ Type }) => Type === 'Notification')
      expect(messages.map(({ Message }) => Message).sort()).toEqual(['sold for 5', 'sold for 500'])
      expect(messages[0]!.Subject).toBe('A sale')
    })
  },
  async PublishBatch(world) {
    const amount = { amount: { DataType: 'Number', StringValue: '100' } }
    const { Successful, Failed } = await world.sns.publishBatch({
      TopicArn,
      PublishBatchRequestEntries: ['a', 'b'].map(Id => ({
        Id,
        Message: `batch ${Id}`,
        MessageAttributes: amount,
      })),
    })
    expect([Successful!.map(({ Id }) => Id), Failed]).toEqual([['a', 'b'], []])
    await soon(async () => expect(await told(world)).toEqual(['batch a', 'batch b', 'sold for 500']))
  },
  async TagResource({ sns }) {
    await sns.tagResource({ ResourceArn: TopicArn, Tags: [{ Key: 'stage', Value: 'prod' }] })
  },
  async ListTagsForResource({ sns }) {
    const { Tags } = await sns.listTagsForResource({ ResourceArn: TopicArn })
    expect(Object.fromEntries(Tags!.map(({ Key, Value }) => [Key, Value]))).toEqual({
      team: 'shop',
      stage: 'prod',
    })
  },
  async Unsubscribe({ sns, made }) {
    await sns.unsubscribe({ SubscriptionArn: made.ofEndpoint! })
    expect((await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions).toHaveLength(1)
  },
  async DeleteTopic({ sns }) {
    await sns.deleteTopic({ TopicArn })
    expect((await sns.listTopics({})).Topics).toEqual([])
    expect(await nameOf(sns.publish({ TopicArn, Message: 'x' }))).toBe('NotFoundException')
  },
}
