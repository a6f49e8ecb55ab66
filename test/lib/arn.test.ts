import { describe, expect, test } from 'vitest'
import { functionArn, functionOfArn, partsOfArn } from '../../src/lib/arn.ts'

const account = { id: '111122223333', region: 'eu-central-1' }

describe('parts of an ARN', () => {
  test('are its service, region, account, and all of its resource', () => {
    expect(partsOfArn('arn:aws:lambda:eu-central-1:111122223333:function:f:3')).toEqual({
      service: 'lambda',
      region: 'eu-central-1',
      account: '111122223333',
      resource: 'function:f:3',
    })
  })

  test('are empty where it says nothing', () => {
    expect(partsOfArn('arn:aws:s3:::bucket')).toMatchObject({ account: '', resource: 'bucket' })
    expect(partsOfArn('*')).toEqual({ service: '', region: '', account: '', resource: '' })
  })
})

describe('the function of an ARN', () => {
  test.each([undefined, 'live', '7', '$LATEST'])('has the qualifier %s', qualifier => {
    expect(functionOfArn(functionArn(account, 'f', qualifier))).toEqual({ account, name: 'f', qualifier })
  })

  test.each([
    'f',
    'arn:aws:lambda:eu-central-1:111122223333:layer:l:1',
    'arn:aws:lambda:eu-central-1:1:function:f',
    'arn:aws:lambda:eu-central-1:111122223333:function:f:$OTHER',
    'arn:aws:lambda:eu-central-1:111122223333:function:*',
  ])('is none in %s', text => {
    expect(functionOfArn(text)).toBeUndefined()
  })
})
