import { describe, expect, it } from 'vitest'
import { enumSetOrder, hashMapOrder } from '../../../../src/aws/wire/constraints/java-order.ts'

// Orders as they stand in messages of AWS's services; the values in the model's order are given to the function.
const recordedEnums: Record<string, [model: string, message: string]> = {
  'API Gateway EndpointType': ['REGIONAL EDGE PRIVATE', 'PRIVATE EDGE REGIONAL'],
  'API Gateway Op': ['add remove replace move copy test', 'add remove move test replace copy'],
  'API Gateway IntegrationType': ['HTTP AWS MOCK HTTP_PROXY AWS_PROXY', 'HTTP MOCK AWS_PROXY HTTP_PROXY AWS'],
  'API Gateway DocumentationPartType': [
    'API AUTHORIZER MODEL RESOURCE METHOD PATH_PARAMETER QUERY_PARAMETER REQUEST_HEADER REQUEST_BODY RESPONSE RESPONSE_HEADER RESPONSE_BODY',
    'RESPONSE_BODY RESPONSE METHOD MODEL AUTHORIZER RESPONSE_HEADER RESOURCE PATH_PARAMETER REQUEST_BODY QUERY_PARAMETER API REQUEST_HEADER',
  ],
  'Lambda EventSourcePosition': ['TRIM_HORIZON LATEST AT_TIMESTAMP', 'LATEST AT_TIMESTAMP TRIM_HORIZON'],
  'Lambda Architecture': ['x86_64 arm64', 'x86_64 arm64'],
  'Lambda SnapStartApplyOn': ['PublishedVersions None', 'PublishedVersions None'],
  'CloudWatch StateValue': ['OK ALARM INSUFFICIENT_DATA', 'INSUFFICIENT_DATA ALARM OK'],
  'CloudWatch Logs OutputFormat': ['json plain w3c raw parquet', 'w3c raw json plain parquet'],
  'Step Functions ExecutionStatus': [
    'RUNNING SUCCEEDED FAILED TIMED_OUT ABORTED PENDING_REDRIVE',
    'SUCCEEDED TIMED_OUT PENDING_REDRIVE ABORTED FAILED RUNNING',
  ],
  'DynamoDB ReturnConsumedCapacity': ['INDEXES TOTAL NONE', 'INDEXES TOTAL NONE'],
  'EventBridge ApiDestinationHttpMethod': [
    'POST GET HEAD OPTIONS PUT PATCH DELETE',
    'HEAD POST PATCH DELETE PUT GET OPTIONS',
  ],
  'KMS MacAlgorithmSpec': [
    'HMAC_SHA_224 HMAC_SHA_256 HMAC_SHA_384 HMAC_SHA_512',
    'HMAC_SHA_384 HMAC_SHA_256 HMAC_SHA_224 HMAC_SHA_512',
  ],
}

// Members in the order in which AWS's messages name them.
const recordedMembers: Record<string, string> = {
  'Lambda PublishLayerVersion': 'compatibleRuntimes compatibleArchitectures',
  'EventBridge CreateConnection': 'name authorizationType',
  'EventBridge CreateApiDestination': 'connectionArn httpMethod',
  'EventBridge CreateArchive': 'retentionDays description eventPattern',
  'API Gateway EndpointConfiguration': 'types ipAddressType',
  'ACM RequestCertificate': 'subjectAlternativeNames domainName',
  'Bedrock InvokeAgent': 'agentId agentAliasId',
  'DynamoDB ProvisionedThroughput': 'writeCapacityUnits readCapacityUnits',
  'Cognito SignUp': 'password username',
  'Cognito ConfirmForgotPassword': 'confirmationCode password',
  'tags that a client sent to Lambda':
    'AutoTag_ClientInfo AutoTag_UserIdentityType AutoTag_CreateTime AutoTag_Creator',
}

describe('the order of what messages list', () => {
  it.each(Object.entries(recordedEnums))('writes the values of %s as AWS does', (_enum, [model, message]) => {
    expect(enumSetOrder(model.split(' '))).toEqual(message.split(' '))
  })

  it.each(Object.entries(recordedMembers))(
    'goes through the members of %s as AWS does',
    (_shape, message) => {
      const names = message.split(' ')
      expect(hashMapOrder(names.toSorted())).toEqual(names)
      expect(hashMapOrder(names.toSorted().toReversed())).toEqual(names)
    },
  )

  it('keeps the order of insertion among keys of one bucket', () => {
    expect(hashMapOrder(['requestItems', 'returnConsumedCapacity'])).toEqual([
      'requestItems',
      'returnConsumedCapacity',
    ])
    expect(hashMapOrder(['Aa', 'BB'])).toEqual(['Aa', 'BB'])
    expect(hashMapOrder(['BB', 'Aa'])).toEqual(['BB', 'Aa'])
  })
})
