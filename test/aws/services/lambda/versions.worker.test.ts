import {
  InvalidParameterValueException,
  PreconditionFailedException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Manifest, manifestKey } from '../../../../src/functions/manifest.ts'
import { failure, type Harness, lambdaHarness, settings, zipOf } from './lambda-harness.ts'

let weir: Harness
const FunctionName = 'versioned'

beforeEach(async () => {
  weir = await lambdaHarness()
  await weir.client.createFunction({
    ...settings(FunctionName),
    Environment: { Variables: { STAGE: 'one' } },
  })
})

const publish = (input: object = {}) => weir.client.publishVersion({ FunctionName, ...input })
const configure = (input: object) => weir.client.updateFunctionConfiguration({ FunctionName, ...input })

async function manifest(version: string): Promise<Manifest> {
  const { uid } = (await weir.pointer(FunctionName))!
  return (await weir.env.STORE.get(manifestKey(uid, version)))!.json<Manifest>()
}

describe('PublishVersion', () => {
  it('freezes $LATEST under the next number', async () => {
    const { $metadata, ...first } = await publish({ Description: 'the first' })
    expect($metadata.httpStatusCode).toBe(201)
    expect(first).toMatchObject({
      Version: '1',
      FunctionArn: weir.arn(FunctionName, '1'),
      Description: 'the first',
      Environment: { Variables: { STAGE: 'one' } },
    })
    await configure({ Timeout: 60, Environment: { Variables: { STAGE: 'two' } } })
    await weir.client.updateFunctionCode({ FunctionName, ZipFile: zipOf('second') })
    expect(await publish()).toMatchObject({ Version: '2', Timeout: 60, Description: '' })

    const { $metadata: _, ...unchanged } = await weir.client.getFunctionConfiguration({
      FunctionName,
      Qualifier: '1',
    })
    expect(unchanged).toEqual(first)
    expect(await manifest('1')).toMatchObject({ version: '1', timeout: 3 })
    expect(await manifest('2')).toMatchObject({ version: '2', timeout: 60 })
    expect((await manifest('1')).code).not.toBe((await manifest('2')).code)
  })

  it('answers the newest version while neither code nor configuration changed', async () => {
    const { RevisionId } = await publish()
    expect(await publish({ Description: 'other words alone' })).toMatchObject({
      Version: '1',
      Description: '',
      RevisionId,
    })
    // An update that changes nothing, variables included, which are encrypted anew.
    await configure({ Timeout: 3, Environment: { Variables: { STAGE: 'one' } } })
    await configure({ Environment: { Variables: { STAGE: 'two' } } })
    await configure({ Environment: { Variables: { STAGE: 'one' } } })
    expect((await publish()).Version).toBe('1')
    await configure({ Environment: { Variables: { STAGE: 'two' } } })
    expect((await publish()).Version).toBe('2')
    await configure({ Description: 'part of the configuration' })
    expect((await publish()).Version).toBe('3')
    await configure({ Timeout: 4 })
    await configure({ Timeout: 3 })
    expect((await publish()).Version).toBe('3')
  })

  it('publishes again when the newest version was deleted', async () => {
    await publish()
    await weir.client.deleteFunction({ FunctionName, Qualifier: '1' })
    expect((await publish()).Version).toBe('2')
  })

  it('holds only for the code and the revision that the caller knows', async () => {
    const { CodeSha256, RevisionId } = await weir.client.getFunctionConfiguration({ FunctionName })
    const wrongCode = await failure(publish({ CodeSha256: 'somenonexistentsha256' }))
    expect(wrongCode).toBeInstanceOf(InvalidParameterValueException)
    expect(wrongCode.message).toBe(
      `CodeSHA256 (somenonexistentsha256) is different from current CodeSHA256 in $LATEST (${CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
    )
    const wrongRevision = await failure(publish({ RevisionId: 'doesnotexist' }))
    expect(wrongRevision).toBeInstanceOf(PreconditionFailedException)
    expect(wrongRevision.message).toBe(
      'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    )
    expect(await publish({ CodeSha256, RevisionId })).toMatchObject({ Version: '1' })
    // Publishing changes the function, as it does on Lambda.
    expect(await failure(publish({ RevisionId }))).toBeInstanceOf(PreconditionFailedException)
  })

  it('gives simultaneous callers one version of one state', async () => {
    const results = await Promise.all(Array.from({ length: 5 }, () => publish()))
    expect(new Set(results.map(result => result.Version))).toEqual(new Set(['1']))
    expect(new Set(results.map(result => result.RevisionId)).size).toBe(1)
  })

  it('gives simultaneous publishers of different code a number each, whose manifest is theirs', async () => {
    const answers = Array.from({ length: 6 }, (_, i) => `answer ${i}`)
    const results = await Promise.all(
      answers.map(answer =>
        weir.client.updateFunctionCode({ FunctionName, ZipFile: zipOf(answer), Publish: true }),
      ),
    )
    const numbers = results.map(result => Number(result.Version)).sort((a, b) => a - b)
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6])
    expect(await weir.pointer(FunctionName)).toMatchObject({ newest: 6, deleted: [] })
    for (const { Version, CodeSha256 } of results) {
      const stored = await weir.client.getFunctionConfiguration({ FunctionName, Qualifier: Version })
      expect(stored.CodeSha256).toBe(CodeSha256)
      const { code } = await manifest(Version!)
      expect(btoa(code.replace(/../g, pair => String.fromCharCode(Number.parseInt(pair, 16))))).toBe(
        CodeSha256,
      )
    }
  })

  it('does not publish what is not there', async () => {
    const error = await failure(weir.client.publishVersion({ FunctionName: 'nobody' }))
    expect(error).toBeInstanceOf(ResourceNotFoundException)
    expect(error.message).toBe(`Function not found: ${weir.arn('nobody')}`)
  })
})

describe('ListVersionsByFunction', () => {
  it('lists $LATEST first, then versions by number, without those that were deleted', async () => {
    for (let timeout = 1; timeout <= 11; timeout++) {
      await configure({ Timeout: timeout })
      await publish()
    }
    await weir.client.deleteFunction({ FunctionName, Qualifier: '3' })
    const expected = ['$LATEST', '1', '2', '4', '5', '6', '7', '8', '9', '10', '11']
    for (const MaxItems of [1, 2, 5, 11, undefined]) {
      const seen: string[] = []
      let Marker: string | undefined
      do {
        const page = await weir.client.listVersionsByFunction({ FunctionName, MaxItems, Marker })
        expect(page.Versions!.length).toBeLessThanOrEqual(MaxItems ?? 50)
        seen.push(...page.Versions!.map(each => each.Version!))
        Marker = page.NextMarker
      } while (Marker)
      expect(seen).toEqual(expected)
    }
    const { Versions } = await weir.client.listVersionsByFunction({ FunctionName })
    expect(Versions![0]).toMatchObject({ FunctionArn: weir.arn(FunctionName, '$LATEST'), Timeout: 11 })
    expect(Versions![1]).toMatchObject({ FunctionArn: weir.arn(FunctionName, '1'), Timeout: 1 })
  })

  it('lists only $LATEST of a function without versions', async () => {
    const { Versions, NextMarker } = await weir.client.listVersionsByFunction({ FunctionName, MaxItems: 1 })
    expect(Versions!.map(each => each.Version)).toEqual(['$LATEST'])
    expect(NextMarker).toBeUndefined()
  })
})
