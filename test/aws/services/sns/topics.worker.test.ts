import { beforeAll, describe, expect, it } from 'vitest'
import { topics } from '../../../../src/messaging/topics/control/topic-records.ts'
import { Records } from '../../../../src/records/records.ts'
import { allow, outcome } from '../../../identity/accounts.ts'
import { env } from '../../../whole-weir.ts'
import { newSns, REGION, snsOf } from './topics-harness.ts'

let ours: Awaited<ReturnType<typeof newSns>>
let theirs: Awaited<ReturnType<typeof newSns>>

beforeAll(async () => {
  ours = await newSns()
  theirs = await newSns()
})

describe('a topic', () => {
  it('is what it was made as, however often', async () => {
    const { sns, topicArn, account } = ours
    const made = { Name: 'made', Attributes: { DisplayName: 'Made' }, Tags: [{ Key: 'team', Value: 'a' }] }
    expect((await sns.createTopic(made)).TopicArn).toBe(topicArn('made'))
    expect((await sns.createTopic(made)).TopicArn).toBe(topicArn('made'))
    expect((await sns.createTopic({ Name: 'made' })).TopicArn).toBe(topicArn('made'))
    expect(await outcome(sns.createTopic({ Name: 'made', Attributes: { DisplayName: 'Other' } }))).toBe(
      'InvalidParameterException: Invalid parameter: Attributes Reason: Topic already exists with different attributes',
    )
    expect(await outcome(sns.createTopic({ Name: 'made', Tags: [{ Key: 'team', Value: 'b' }] }))).toBe(
      'InvalidParameterException: Invalid parameter: Tags Reason: Topic already exists with different tags',
    )
    const { Attributes } = await sns.getTopicAttributes({ TopicArn: topicArn('made') })
    expect(Attributes).toMatchObject({
      TopicArn: topicArn('made'),
      Owner: account,
      DisplayName: 'Made',
      SubscriptionsConfirmed: '0',
      SubscriptionsPending: '0',
      SubscriptionsDeleted: '0',
    })
    expect(JSON.parse(Attributes!.Policy!).Statement[0].Condition).toEqual({
      StringEquals: { 'AWS:SourceOwner': account },
    })
    expect(JSON.parse(Attributes!.EffectiveDeliveryPolicy!).http.defaultHealthyRetryPolicy.numRetries).toBe(3)
  })

  it('is gone when it is deleted, which may be said twice', async () => {
    const { sns } = ours
    const { TopicArn } = await sns.createTopic({ Name: 'gone' })
    await sns.deleteTopic({ TopicArn })
    await sns.deleteTopic({ TopicArn })
    const missing = 'NotFoundException: Topic does not exist'
    expect(await outcome(sns.getTopicAttributes({ TopicArn }))).toBe(missing)
    expect(await outcome(sns.publish({ TopicArn, Message: 'x' }))).toBe(missing)
    expect(await outcome(sns.listSubscriptionsByTopic({ TopicArn }))).toBe(missing)
    await sns.createTopic({ Name: 'gone' })
    expect(await outcome(sns.publish({ TopicArn, Message: 'x' }))).toBe('ok')
  })

  it('has no name that SNS would not have', async () => {
    const wrong = 'InvalidParameterException: Invalid parameter: Topic Name'
    for (const Name of ['', 'a b', 'a.b', 'x'.repeat(257)]) {
      expect(await outcome(ours.sns.createTopic({ Name }))).toBe(wrong)
    }
    expect(
      await outcome(ours.sns.createTopic({ Name: 'q.fifo', Attributes: { FifoTopic: 'true' } })),
    ).toContain('Weir has no SQS queues')
    expect(await outcome(ours.sns.getTopicAttributes({ TopicArn: 'made' }))).toBe(
      'InvalidParameterException: Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1',
    )
  })

  it('is listed with a hundred others a page, of its account and region alone', async () => {
    const { sns, account } = await newSns()
    const record = { uid: '', created: 0, policy: '', attributes: {}, tags: {}, ended: 0 }
    const create = Array.from({ length: 101 }, (_, index) => ({ id: `t${1000 + index}`, doc: record }))
    const records = new Records(env.DB, { id: account, region: REGION })
    await records.change().writeAll(topics, '', { create }).commit()
    const first = await sns.listTopics({})
    expect(first.Topics).toHaveLength(100)
    expect(first.Topics![0]!.TopicArn).toBe(`arn:aws:sns:${REGION}:${account}:t1000`)
    const second = await sns.listTopics({ NextToken: first.NextToken })
    expect(second.Topics!.map(topic => topic.TopicArn)).toEqual([`arn:aws:sns:${REGION}:${account}:t1100`])
    expect(second.NextToken).toBeUndefined()
    expect(await outcome(sns.listTopics({ NextToken: 'made up' }))).toBe(
      'InvalidParameterException: Invalid parameter: NextToken',
    )
  })

  it('has what of its attributes can be set, and says what cannot', async () => {
    const { sns } = ours
    const { TopicArn } = await sns.createTopic({ Name: 'set' })
    const set = (AttributeName: string, AttributeValue?: string) =>
      outcome(sns.setTopicAttributes({ TopicArn, AttributeName, AttributeValue }))
    const retries = { minDelayTarget: 1, maxDelayTarget: 2, numRetries: 5 }
    const policy = JSON.stringify({ http: { defaultHealthyRetryPolicy: retries } })
    expect(await set('DeliveryPolicy', policy)).toBe('ok')
    expect(await set('SignatureVersion', '2')).toBe('ok')
    expect(await set('TracingConfig', 'Active')).toBe('ok')
    const { Attributes } = await sns.getTopicAttributes({ TopicArn })
    expect(Attributes).toMatchObject({
      DeliveryPolicy: policy,
      SignatureVersion: '2',
      TracingConfig: 'Active',
    })
    expect(JSON.parse(Attributes!.EffectiveDeliveryPolicy!).http.defaultHealthyRetryPolicy).toMatchObject(
      retries,
    )
    expect(await set('SignatureVersion', '')).toBe('ok')
    expect((await sns.getTopicAttributes({ TopicArn })).Attributes).not.toHaveProperty('SignatureVersion')
    for (const [name, value] of [
      ['Nonsense', 'x'],
      ['SignatureVersion', '3'],
      ['DisplayName', 'x'.repeat(101)],
      ['KmsMasterKeyId', 'alias/aws/sns'],
      ['HTTPSuccessFeedbackRoleArn', 'arn:aws:iam::1:role/r'],
      ['Policy', '{"Statement":[]}'],
      [
        'Policy',
        JSON.stringify({ Statement: { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' } }),
      ],
      ['DeliveryPolicy', '{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}'],
      [
        'DeliveryPolicy',
        '{"http":{"defaultHealthyRetryPolicy":{"numRetries":100,"minDelayTarget":60,"maxDelayTarget":60}}}',
      ],
      ['DeliveryPolicy', '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":9,"maxDelayTarget":3}}}'],
      ['DeliveryPolicy', '{"http":{"sometimes":{}}}'],
    ] as const) {
      expect([name, await set(name, value)]).toEqual([
        name,
        expect.stringMatching(/^InvalidParameterException: Invalid parameter: /),
      ])
    }
  })

  it('has tags', async () => {
    const { sns, topicArn } = ours
    const { TopicArn: ResourceArn } = await sns.createTopic({ Name: 'tagged' })
    await sns.tagResource({
      ResourceArn,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    })
    await sns.tagResource({ ResourceArn, Tags: [{ Key: 'a', Value: '3' }] })
    await sns.untagResource({ ResourceArn, TagKeys: ['b'] })
    expect((await sns.listTagsForResource({ ResourceArn })).Tags).toEqual([{ Key: 'a', Value: '3' }])
    const many = Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: '' }))
    expect(await outcome(sns.tagResource({ ResourceArn, Tags: many }))).toBe(
      'TagLimitExceededException: Could not complete request: tag quota of per resource exceeded',
    )
    const missing = 'ResourceNotFoundException: Resource does not exist'
    expect(await outcome(sns.listTagsForResource({ ResourceArn: topicArn('none') }))).toBe(missing)
    expect(await outcome(sns.tagResource({ ResourceArn: topicArn('none'), Tags: [] }))).toBe(missing)
  })
})

describe('whoever may use a topic', () => {
  it('is a user whom a policy of its own lets', async () => {
    const { sns, topicArn, userOf } = ours
    await sns.createTopic({ Name: 'used' })
    const TopicArn = topicArn('used')
    const nobody = await userOf('nobody')
    expect(await outcome(nobody.sns.publish({ TopicArn, Message: 'x' }))).toBe(
      `AuthorizationErrorException: User: ${nobody.arn} is not authorized to perform: sns:Publish on resource: ${TopicArn} because no identity-based policy allows the sns:Publish action`,
    )
    const publisher = await userOf('publisher', allow('sns:Publish', TopicArn))
    expect(await outcome(publisher.sns.publish({ TopicArn, Message: 'x' }))).toBe('ok')
    const PublishBatchRequestEntries = [{ Id: 'a', Message: 'x' }]
    expect(await outcome(publisher.sns.publishBatch({ TopicArn, PublishBatchRequestEntries }))).toBe('ok')
    expect(await outcome(publisher.sns.deleteTopic({ TopicArn }))).toContain('sns:DeleteTopic')
  })

  it('is nobody whom a policy forbids it, however the topic is spelled', async () => {
    const { sns, topicArn, userOf } = ours
    await sns.createTopic({ Name: 'forbidden' })
    const TopicArn = topicArn('forbidden')
    const Statement = [
      { Effect: 'Allow', Action: 'sns:*', Resource: '*' },
      { Effect: 'Deny', Action: 'sns:*', Resource: TopicArn },
    ]
    const user = await userOf('forbidden', JSON.stringify({ Version: '2012-10-17', Statement }))
    for (const spelled of [TopicArn, TopicArn.replace('arn:aws:', 'arn:aws-other:')]) {
      const published = await outcome(user.sns.publish({ TopicArn: spelled, Message: 'x' }))
      expect([spelled, published]).not.toEqual([spelled, 'ok'])
    }
  })

  it('is another account to which AddPermission has granted it, until RemovePermission', async () => {
    const { sns, topicArn } = ours
    await sns.createTopic({ Name: 'granted' })
    const TopicArn = topicArn('granted')
    const publish = () => outcome(theirs.sns.publish({ TopicArn, Message: 'x' }))
    expect(await publish()).toContain('no resource-based policy allows the sns:Publish action')
    const grant = { TopicArn, Label: 'theirs', AWSAccountId: [theirs.account], ActionName: ['Publish'] }
    await sns.addPermission(grant)
    expect(await publish()).toBe('ok')
    expect(await outcome(theirs.sns.getTopicAttributes({ TopicArn }))).toContain('sns:GetTopicAttributes')
    expect(await outcome(sns.addPermission(grant))).toBe(
      'InvalidParameterException: Invalid parameter: Statement already exists',
    )
    expect(await outcome(sns.addPermission({ ...grant, Label: 'x', ActionName: ['Fly'] }))).toBe(
      'InvalidParameterException: Invalid parameter: Policy statement action out of service scope!',
    )
    await sns.removePermission({ TopicArn, Label: 'theirs' })
    expect(await publish()).toContain('no resource-based policy allows the sns:Publish action')
  })

  it('is whom a policy that was set lets, also a user of the account that has none', async () => {
    const { sns, topicArn, userOf } = ours
    await sns.createTopic({ Name: 'open' })
    const TopicArn = topicArn('open')
    const user = await userOf('named')
    const AttributeValue = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: user.arn }, Action: 'SNS:Publish', Resource: TopicArn },
    })
    await sns.setTopicAttributes({ TopicArn, AttributeName: 'Policy', AttributeValue })
    expect(await outcome(user.sns.publish({ TopicArn, Message: 'x' }))).toBe('ok')
    await sns.setTopicAttributes({ TopicArn, AttributeName: 'Policy', AttributeValue: '' })
    expect(await outcome(user.sns.publish({ TopicArn, Message: 'x' }))).toContain('not authorized')
  })

  it('cannot be told by a key that is none', async () => {
    const stranger = snsOf({ accessKeyId: 'AKIANOBODYHASTHIS000', secretAccessKey: 'x' })
    expect(await outcome(stranger.listTopics({}))).toContain('InvalidClientTokenId')
  })
})
