import { describe, expect, it } from 'vitest'
import { checkInput, describeViolations } from '../../../../src/aws/wire/constraints/check.ts'
import { lambda } from './model-facts.ts'

const messageOf = (operation: string, input: unknown) =>
  describeViolations(checkInput(lambda, operation, input))

const ROLE = 'arn:aws:iam::123456789012:role/lambda-role'
const LAYER = 'arn:aws:lambda:us-east-1:123456789012:layer:one:1'
const valid = {
  FunctionName: 'orders',
  Role: ROLE,
  Handler: 'index.handler',
  Runtime: 'nodejs22.x',
  Code: { ZipFile: new Uint8Array([80, 75]) },
  MemorySize: 128,
  Environment: { Variables: { STAGE: 'dev' } },
  Tags: { team: 'a' },
}

const FUNCTION_NAME_PATTERN =
  '(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?'
const LAYER_PATTERN =
  '((arn:(aws[a-zA-Z-]*)?:lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:\\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+))'

describe('the input of Lambda', () => {
  it('passes when it is valid', () => {
    expect(checkInput(lambda, 'CreateFunction', valid)).toEqual([])
    expect(checkInput(lambda, 'ListFunctions', {})).toEqual([])
  })

  // Messages as AWS answers them.
  it.each([
    [
      'a function name with a wrong character',
      'CreateFunction',
      { ...valid, FunctionName: 'invalid:function:name' },
      `1 validation error detected: Value 'invalid:function:name' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ${FUNCTION_NAME_PATTERN}`,
    ],
    [
      'a function name that is too long',
      'CreateFunction',
      { ...valid, FunctionName: 'a'.repeat(141) },
      `1 validation error detected: Value '${'a'.repeat(141)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 140`,
    ],
    [
      'a role that is no ARN',
      'CreateFunction',
      { ...valid, Role: 'r1' },
      "1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
    ],
    [
      'a missing role',
      'CreateFunction',
      { ...valid, Role: undefined },
      "1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null",
    ],
    [
      'too little memory',
      'CreateFunction',
      { ...valid, MemorySize: 64 },
      "1 validation error detected: Value '64' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
    ],
    [
      'too much memory',
      'UpdateFunctionConfiguration',
      { FunctionName: 'f', MemorySize: 40000 },
      "1 validation error detected: Value '40000' at 'memorySize' failed to satisfy constraint: Member must have value less than or equal to 32768",
    ],
    [
      'one version too many in a routing configuration, by its weight',
      'CreateAlias',
      {
        FunctionName: 'f',
        Name: 'a',
        FunctionVersion: '1',
        RoutingConfig: { AdditionalVersionWeights: { 2: 2 } },
      },
      "1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
    ],
    [
      'a version that is none, as a map key',
      'CreateAlias',
      {
        FunctionName: 'f',
        Name: 'a',
        FunctionVersion: '1',
        RoutingConfig: { AdditionalVersionWeights: { $LATEST: 0.5 } },
      },
      "1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]",
    ],
    [
      'an architecture that does not exist',
      'CreateFunction',
      { ...valid, Architectures: ['X86_64'] },
      "1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
    ],
    [
      'more architectures than one',
      'CreateFunction',
      { ...valid, Architectures: ['x86_64', 'arm64'] },
      "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1",
    ],
    [
      'a layer that is no version',
      'CreateFunction',
      { ...valid, Layers: ['arn:aws:lambda:us-east-1:111111111111:layer:one'] },
      `1 validation error detected: Value '[arn:aws:lambda:us-east-1:111111111111:layer:one]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 2048, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ${LAYER_PATTERN}, Member must not be null]`,
    ],
    [
      'a subnet that is none; its list does not name null',
      'CreateFunction',
      { ...valid, VpcConfig: { SubnetIds: ['wrong!'] } },
      "1 validation error detected: Value '[wrong!]' at 'vpcConfig.subnetIds' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: subnet-[0-9a-z]*]",
    ],
    [
      'a method of a function URL that is too long',
      'CreateFunctionUrlConfig',
      { FunctionName: 'f', AuthType: 'NONE', Cors: { AllowMethods: ['GET', 'OPTIONS'] } },
      "1 validation error detected: Value '[GET, OPTIONS]' at 'cors.allowMethods' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 6, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: .*, Member must not be null]",
    ],
    [
      'a nested enum',
      'CreateFunction',
      { ...valid, SnapStart: { ApplyOn: 'invalidOption' } },
      "1 validation error detected: Value 'invalidOption' at 'snapStart.applyOn' failed to satisfy constraint: Member must satisfy enum value set: [PublishedVersions, None]",
    ],
    [
      'an enum in another order than the model has',
      'CreateEventSourceMapping',
      { FunctionName: 'f', StartingPosition: 'invalid' },
      "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
    ],
    [
      'a key whose member starts with several capitals',
      'CreateFunction',
      { ...valid, KMSKeyArn: '"arn:aws:kms:eu-central-1:507131729322:key/3c72"' },
      "1 validation error detected: Value '\"arn:aws:kms:eu-central-1:507131729322:key/3c72\"' at 'kMSKeyArn' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()",
    ],
    [
      'no concurrency at all',
      'PutProvisionedConcurrencyConfig',
      { FunctionName: 'f', Qualifier: '1', ProvisionedConcurrentExecutions: 0 },
      "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      'an alias that is a number',
      'CreateAlias',
      { FunctionName: 'f', Name: '2024', FunctionVersion: '1' },
      "1 validation error detected: Value '2024' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
    ],
    [
      'a statement with a dot',
      'AddPermission',
      { FunctionName: 'f', StatementId: 'example.com', Action: 'lambda:InvokeFunction', Principal: '*' },
      "1 validation error detected: Value 'example.com' at 'statementId' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)",
    ],
    [
      'no tag keys',
      'UntagResource',
      { Resource: `arn:aws:lambda:us-east-1:123456789012:function:f` },
      "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    ],
  ])('is refused for %s', (_what, operation, input, message) => {
    expect(messageOf(operation, input)).toBe(message)
  })

  it('does not repeat environment variables, which are sensitive', () => {
    const secret = { ...valid, Environment: { Variables: { '1secret': 'hunter2' } } }
    expect(messageOf('CreateFunction', secret)).toBe(
      "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
    )
  })

  it('names the pattern before the length, and members in the order of a Java hash map', () => {
    const wrong = {
      FunctionName: 'f',
      Name: 'a b'.repeat(50),
      FunctionVersion: 'x',
      Description: 'd'.repeat(257),
    }
    expect(checkInput(lambda, 'CreateAlias', wrong).map(({ path, kind }) => `${path} ${kind}`)).toEqual([
      'functionVersion pattern',
      'name pattern',
      'name max-length',
      'description max-length',
    ])
  })

  it('is described with what is missing, all at once', () => {
    const message = messageOf('CreateFunction', {})
    expect(message).toMatch(/^3 validation errors detected: Value null at /)
    expect(message.match(/'(\w+)' failed to satisfy constraint: Member must not be null/g)).toHaveLength(3)
  })

  it('gives the bare facts to services that have words of their own', () => {
    expect(checkInput(lambda, 'CreateFunction', { ...valid, MemorySize: 64 })).toEqual([
      {
        path: 'memorySize',
        kind: 'min-value',
        shown: '64',
        limit: 128,
        constraint: 'Member must have value greater than or equal to 128',
      },
    ])
  })

  it('may have as many layers as the model lets through', () => {
    expect(checkInput(lambda, 'CreateFunction', { ...valid, Layers: Array(6).fill(LAYER) })).toEqual([])
  })

  it('names at most ten violations', () => {
    const input = { ...valid, FileSystemConfigs: Array(30).fill({}) }
    expect(checkInput(lambda, 'CreateFunction', input)).toHaveLength(10)
  })
})
