import { describe, expect, it } from 'vitest'
import { checkInput, describeViolations } from '../../../../src/aws/wire/constraints/check.ts'
import { apiGateway } from './model-facts.ts'

const messageOf = (operation: string, input: unknown) =>
  describeViolations(checkInput(apiGateway, operation, input))

const OPS = '[add, remove, move, test, replace, copy]'

describe('the input of API Gateway', () => {
  // Messages as AWS answers them.
  it.each([
    [
      'two members of a nested structure',
      'CreateRestApi',
      { name: 'a', endpointConfiguration: { types: ['wrong'], ipAddressType: 'wrong' } },
      "2 validation errors detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]; Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]",
    ],
    [
      'several elements of a list',
      'UpdateRestApi',
      { restApiId: 'a', patchOperations: [{ op: 'wrong' }, { op: 'wrong' }] },
      `2 validation errors detected: Value 'wrong' at 'updateRestApiInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: ${OPS}; Value 'wrong' at 'updateRestApiInput.patchOperations.2.member.op' failed to satisfy constraint: Member must satisfy enum value set: ${OPS}`,
    ],
    [
      'a member of the body and one of the path',
      'UpdateMethodResponse',
      {
        restApiId: 'a',
        resourceId: 'b',
        httpMethod: 'GET',
        statusCode: 'wrong',
        patchOperations: [{ op: 'wrong_op' }],
      },
      `2 validation errors detected: Value 'wrong_op' at 'updateMethodResponseInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: ${OPS}; Value 'wrong' at 'statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d`,
    ],
    [
      'the type of an integration',
      'PutIntegration',
      { restApiId: 'a', resourceId: 'b', httpMethod: 'GET', type: 'HTTPS_PROXY' },
      "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]",
    ],
    [
      'where a documentation part belongs',
      'CreateDocumentationPart',
      { restApiId: 'a', location: { type: 'INVALID' }, properties: '{}' },
      "1 validation error detected: Value 'INVALID' at 'createDocumentationPartInput.location.type' failed to satisfy constraint: Member must satisfy enum value set: [RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER]",
    ],
    [
      'an enum in the path with values in nine shared buckets',
      'PutGatewayResponse',
      { restApiId: 'a', responseType: 'FAKE_RESPONSE_TYPE' },
      "1 validation error detected: Value 'FAKE_RESPONSE_TYPE' at 'responseType' failed to satisfy constraint: Member must satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN]",
    ],
    [
      'missing query parameters',
      'UntagResource',
      { resourceArn: 'arn:aws:apigateway:us-east-1::/restapis/a' },
      "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    ],
    [
      'where an API key is read from',
      'CreateRestApi',
      { name: 'a', apiKeySource: 'X' },
      "1 validation error detected: Value 'X' at 'createRestApiInput.apiKeySource' failed to satisfy constraint: Member must satisfy enum value set: [AUTHORIZER, HEADER]",
    ],
  ])('is refused for %s', (_what, operation, input, message) => {
    expect(messageOf(operation, input)).toBe(message)
  })

  it('passes when it is valid', () => {
    expect(checkInput(apiGateway, 'CreateRestApi', { name: 'pets' })).toEqual([])
    expect(
      checkInput(apiGateway, 'CreateUsagePlan', { name: 'p', throttle: { rateLimit: 5, burstLimit: 10 } }),
    ).toEqual([])
  })
})
