import { describe, expect, test } from 'vitest'
import { awsEndpoint, isAwsName } from '../../src/functions/aws-host.ts'

describe('the host of an AWS endpoint', () => {
  test.each([
    ['lambda.us-east-1.amazonaws.com', 'lambda', 'us-east-1'],
    ['lambda.us-gov-west-1.amazonaws.com.', 'lambda', 'us-gov-west-1'],
    ['lambda-fips.us-east-1.amazonaws.com', 'lambda', 'us-east-1'],
    ['fips-lambda.ca-central-1.amazonaws.com', 'lambda', 'ca-central-1'],
    ['lambda.eu-central-1.api.aws', 'lambda', 'eu-central-1'],
    ['lambda-fips.us-west-2.api.aws', 'lambda', 'us-west-2'],
    ['lambda.cn-north-1.amazonaws.com.cn', 'lambda', 'cn-north-1'],
    ['lambda.cn-north-1.api.amazonwebservices.com.cn', 'lambda', 'cn-north-1'],
    ['lambda.eusc-de-east-1.amazonaws.eu', 'lambda', 'eusc-de-east-1'],
    ['streams.dynamodb.eu-west-1.amazonaws.com', 'dynamodb', 'eu-west-1'],
    ['iam.amazonaws.com', 'iam', undefined],
    ['iam.global.api.aws', 'iam', undefined],
    ['iam-fips.amazonaws.com', 'iam', undefined],
    ['sts.amazonaws.com', 'sts', undefined],
  ])('%s is the API of %s', (host, service, region) => {
    expect(awsEndpoint(host)).toEqual({ service, region })
  })

  test.each([
    'my-bucket.s3.us-east-1.amazonaws.com',
    'abc123.execute-api.us-east-1.amazonaws.com',
    'checkip.amazonaws.com',
    'abcdef.lambda-url.us-east-1.on.aws',
    'amazonaws.com',
  ])('%s is no API of AWS, but a name of AWS or what lies behind one', host => {
    expect(awsEndpoint(host)).toBeUndefined()
    expect(isAwsName(host)).toBe(host !== 'amazonaws.com')
  })

  test.each(['example.com', 'lambda.us-east-1.amazonaws.com.example.com', 'notamazonaws.com', 'localhost'])(
    '%s is not AWS',
    host => {
      expect(awsEndpoint(host)).toBeUndefined()
      expect(isAwsName(host)).toBe(false)
    },
  )
})
