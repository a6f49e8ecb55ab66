import {
  InvalidParameterValueException,
  type PutFunctionEventInvokeConfigCommandInput,
  paginateListFunctionEventInvokeConfigs,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import { failure, type Harness, lambdaHarness, ROLE, settings } from './lambda-harness.ts'

let weir: Harness
const FunctionName = 'called'

beforeEach(async () => {
  weir = await lambdaHarness()
  await weir.client.createFunction({ ...settings(FunctionName), Publish: true })
  await weir.client.createFunction(settings('told'))
  await weir.client.createAlias({ FunctionName, Name: 'live', FunctionVersion: '1' })
})

const put = (input: Partial<PutFunctionEventInvokeConfigCommandInput>) =>
  weir.client.putFunctionEventInvokeConfig({ FunctionName, ...input })
const to = (name: string, qualifier?: string) => ({ Destination: weir.arn(name, qualifier) })

describe('the configuration of asynchronous calls', () => {
  it('is answered, and known to the data plane, as it was put', async () => {
    const answer = await put({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnSuccess: to('told'), OnFailure: to('told', '$LATEST') },
    })
    const config = {
      FunctionArn: weir.arn(FunctionName, '$LATEST'),
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: { OnSuccess: to('told'), OnFailure: to('told', '$LATEST') },
    }
    expect(answer).toMatchObject(config)
    expect(Math.abs(answer.LastModified!.getTime() - Date.now())).toBeLessThan(60_000)
    expect(await weir.client.getFunctionEventInvokeConfig({ FunctionName })).toMatchObject(config)
    expect((await weir.pointer(FunctionName))?.eventInvoke).toEqual({
      $LATEST: {
        maximumRetryAttempts: 0,
        maximumEventAge: 60,
        onSuccess: weir.arn('told'),
        onFailure: weir.arn('told', '$LATEST'),
      },
    })
  })

  it('is put as a whole, and updated member by member', async () => {
    await put({ MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 100 })
    const replaced = await put({ DestinationConfig: { OnFailure: to('told') } })
    expect(replaced.MaximumRetryAttempts).toBeUndefined()
    expect(replaced.MaximumEventAgeInSeconds).toBeUndefined()
    const updated = await weir.client.updateFunctionEventInvokeConfig({
      FunctionName,
      MaximumRetryAttempts: 2,
    })
    expect(updated).toMatchObject({
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnSuccess: {}, OnFailure: to('told') },
    })
    const cleared = await weir.client.updateFunctionEventInvokeConfig({
      FunctionName,
      DestinationConfig: { OnFailure: { Destination: '' } },
    })
    expect(cleared).toMatchObject({
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnSuccess: {}, OnFailure: {} },
    })
  })

  it('is one for each qualifier, and goes with it', async () => {
    await put({ MaximumRetryAttempts: 0 })
    await put({ MaximumRetryAttempts: 1, Qualifier: 'live' })
    await put({ MaximumRetryAttempts: 2, Qualifier: '1' })
    const arns: string[] = []
    for await (const page of paginateListFunctionEventInvokeConfigs(
      { client: weir.client, pageSize: 1 },
      { FunctionName },
    ))
      arns.push(...page.FunctionEventInvokeConfigs!.map(config => config.FunctionArn!))
    expect(arns.sort()).toEqual(['$LATEST', '1', 'live'].map(each => weir.arn(FunctionName, each)))
    await weir.client.deleteAlias({ FunctionName, Name: 'live' })
    expect(Object.keys((await weir.pointer(FunctionName))!.eventInvoke!).sort()).toEqual(['$LATEST', '1'])
    await weir.client.deleteFunction({ FunctionName, Qualifier: '1' })
    await weir.client.deleteFunctionEventInvokeConfig({ FunctionName })
    expect((await weir.pointer(FunctionName))!.eventInvoke).toBeUndefined()
    await put({ MaximumRetryAttempts: 0 })
    await weir.client.deleteFunction({ FunctionName })
    await weir.client.createFunction(settings(FunctionName))
    expect((await weir.pointer(FunctionName))!.eventInvoke).toBeUndefined()
  })

  it('is not found where there is none', async () => {
    const { client } = weir
    const none = `The function ${weir.arn(FunctionName, 'live')} doesn't have an EventInvokeConfig`
    const target = { FunctionName, Qualifier: 'live' }
    for (const call of [
      () => client.getFunctionEventInvokeConfig(target),
      () => client.updateFunctionEventInvokeConfig({ ...target, MaximumRetryAttempts: 1 }),
      () => client.deleteFunctionEventInvokeConfig(target),
    ]) {
      const error = await failure(call())
      expect(error).toBeInstanceOf(ResourceNotFoundException)
      expect(error.message).toBe(none)
    }
    for (const call of [
      () => put({ Qualifier: 'absent', MaximumRetryAttempts: 1 }),
      () => put({ Qualifier: '7', MaximumRetryAttempts: 1 }),
      () => client.getFunctionEventInvokeConfig({ FunctionName: 'absent' }),
      () => client.listFunctionEventInvokeConfigs({ FunctionName: 'absent' }),
    ]) {
      const error = await failure(call())
      expect(error).toBeInstanceOf(ResourceNotFoundException)
      expect(error.message).toBe("The function doesn't exist.")
    }
  })

  it('has at least one setting, within Lambda’s bounds', async () => {
    expect(await failure(put({}))).toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'You must specify at least one of error handling or destination setting.',
    })
    expect((await failure(put({ MaximumRetryAttempts: 3 }))).message).toBe(
      "1 validation error detected: Value '3' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 2",
    )
    expect((await failure(put({ MaximumEventAgeInSeconds: 59 }))).message).toContain(
      'Member must have value greater than or equal to 60',
    )
    expect((await failure(put({ MaximumEventAgeInSeconds: 21_601 }))).message).toContain('21600')
    expect(await failure(put({ DestinationConfig: { OnSuccess: { Destination: 'no arn' } } }))).toMatchObject(
      {
        name: 'ValidationException',
        message: expect.stringContaining("at 'destinationConfig.onSuccess.destination'"),
      },
    )
  })

  it('refuses destinations that would get nothing', async () => {
    const queue = `arn:aws:sqs:eu-central-1:${weir.account.id}:queue`
    const table = `arn:aws:dynamodb:eu-central-1:${weir.account.id}:table/t`
    for (const [destinations, message] of [
      [{ OnFailure: to('absent') }, `The destination ARN ${weir.arn('absent')} is invalid.`],
      [{ OnFailure: to('told', 'absent') }, `The destination ARN ${weir.arn('told', 'absent')} is invalid.`],
      [
        { OnSuccess: { Destination: weir.arn('told').replace('eu-central-1', 'us-east-1') } },
        `The destination ARN ${weir.arn('told').replace('eu-central-1', 'us-east-1')} is invalid.`,
      ],
      [{ OnSuccess: to(FunctionName) }, "You can't specify the function as a destination for itself."],
      [
        { OnSuccess: { Destination: queue } },
        'Weir does not support SQS queues as destinations of asynchronous calls yet.',
      ],
      [
        { OnFailure: { Destination: 'arn:aws:s3:::bucket' } },
        'Weir does not support S3 buckets as destinations of asynchronous calls.',
      ],
      [
        { OnFailure: { Destination: table } },
        `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${table})) is invalid.`,
      ],
    ] as const) {
      const error = await failure(put({ DestinationConfig: destinations }))
      expect(error).toBeInstanceOf(InvalidParameterValueException)
      expect(error.message).toBe(message)
    }
  })

  it('refuses destinations that the execution role may not deliver to', async () => {
    const asked: unknown[] = []
    weir.roleMay = async (...question) => {
      asked.push(question)
      return false
    }
    const error = await failure(put({ DestinationConfig: { OnSuccess: to('told') } }))
    expect(error).toBeInstanceOf(InvalidParameterValueException)
    expect(error.message).toBe(
      `The function execution role does not have permissions to call InvokeFunction on ${weir.arn('told')}`,
    )
    expect(asked).toEqual([
      [{ account: weir.account, name: FunctionName, role: ROLE }, 'lambda:InvokeFunction', weir.arn('told')],
    ])
  })

  it('has dead-letter targets beside it only when something can be delivered there', async () => {
    const refusalOf = async (TargetArn: string) =>
      (
        await failure(
          weir.client.updateFunctionConfiguration({ FunctionName, DeadLetterConfig: { TargetArn } }),
        )
      ).message
    expect(await refusalOf('arn:aws:sqs:eu-central-1:000000000000:queue')).toBe(
      'Weir does not support SQS queues as dead-letter targets yet.',
    )
    const topic = 'arn:aws:sns:eu-central-1:000000000000:topic'
    const DeadLetterConfig = { TargetArn: topic }
    const updated = await weir.client.updateFunctionConfiguration({ FunctionName, DeadLetterConfig })
    expect(updated.DeadLetterConfig?.TargetArn).toBe(topic)
    expect(await refusalOf(weir.arn('told'))).toBe(
      `The provided dead letter target ${weir.arn('told')} is invalid: it has to be an SQS queue or an SNS topic.`,
    )
  })
})

describe('other settings of a function', () => {
  it('let calls round a loop go on, or not', async () => {
    const { client } = weir
    expect(await client.putFunctionRecursionConfig({ FunctionName, RecursiveLoop: 'Allow' })).toMatchObject({
      RecursiveLoop: 'Allow',
    })
    expect((await weir.pointer(FunctionName))!.recursiveLoop).toBe('Allow')
    expect((await client.getFunctionRecursionConfig({ FunctionName })).RecursiveLoop).toBe('Allow')
    await client.putFunctionRecursionConfig({ FunctionName, RecursiveLoop: 'Terminate' })
    expect((await weir.pointer(FunctionName))!.recursiveLoop).toBeUndefined()
    expect((await client.getFunctionRecursionConfig({ FunctionName })).RecursiveLoop).toBe('Terminate')
    const missing = client.putFunctionRecursionConfig({ FunctionName: 'absent', RecursiveLoop: 'Allow' })
    expect(await failure(missing)).toBeInstanceOf(ResourceNotFoundException)
  })

  it('say when a version’s runtime is updated', async () => {
    const { client } = weir
    const RuntimeVersionArn = 'arn:aws:lambda:eu-central-1::runtime:nodejs22.x'
    const held = { UpdateRuntimeOn: 'Manual' as const, RuntimeVersionArn }
    expect(await client.putRuntimeManagementConfig({ FunctionName, Qualifier: '1', ...held })).toMatchObject({
      ...held,
      FunctionArn: weir.arn(FunctionName, '1'),
    })
    expect(await client.getRuntimeManagementConfig({ FunctionName, Qualifier: '1' })).toMatchObject(held)
    await client.putRuntimeManagementConfig({ FunctionName, UpdateRuntimeOn: 'FunctionUpdate' })
    expect(await client.getRuntimeManagementConfig({ FunctionName })).toMatchObject({
      UpdateRuntimeOn: 'FunctionUpdate',
      FunctionArn: weir.arn(FunctionName, '$LATEST'),
    })
    for (const input of [
      { UpdateRuntimeOn: 'Manual' as const },
      { UpdateRuntimeOn: 'Manual' as const, RuntimeVersionArn: `${RuntimeVersionArn}.1` },
      { UpdateRuntimeOn: 'Auto' as const, RuntimeVersionArn },
    ]) {
      const error = await failure(client.putRuntimeManagementConfig({ FunctionName, ...input }))
      expect(error).toBeInstanceOf(InvalidParameterValueException)
    }
    const ofAlias = client.getRuntimeManagementConfig({ FunctionName, Qualifier: 'live' })
    expect(await failure(ofAlias)).toBeInstanceOf(ResourceNotFoundException)
  })

  it('do not keep old clients from calling asynchronously', async () => {
    const sent: unknown[] = []
    weir.enqueue = async (event, payload) => {
      sent.push([event.name, event.uid, new TextDecoder().decode(payload)])
    }
    expect((await weir.client.invokeAsync({ FunctionName, InvokeArgs: '{"a":1}' })).Status).toBe(202)
    expect(sent).toEqual([[FunctionName, (await weir.pointer(FunctionName))!.uid, '{"a":1}']])
    const missing = weir.client.invokeAsync({ FunctionName: 'absent', InvokeArgs: '{}' })
    expect(await failure(missing)).toBeInstanceOf(ResourceNotFoundException)
    expect((await failure(weir.client.invokeAsync({ FunctionName, InvokeArgs: 'no json' }))).name).toBe(
      'InvalidRequestContentException',
    )
  })
})
