import type {
  CreateFunctionRequest,
  LoggingConfig,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda'
import type { Configuration, UsedLayer } from '../../../functions/control/function-records.ts'
import { invalidParameter, unsupported } from '../../../functions/control/function-refusals.ts'
import { LIMITS } from '../../../functions/control/limits.ts'
import { Refusal } from '../../../lib/refusal.ts'
import { checkDeadLetterTarget } from './destination-rules.ts'

/** What both CreateFunction and UpdateFunctionConfiguration set. */
export type Settings = Partial<
  Pick<CreateFunctionRequest, keyof CreateFunctionRequest & keyof UpdateFunctionConfigurationRequest>
>

/** The part of a configuration that settings decide, apart from the environment variables. */
type Settled = Omit<
  Configuration,
  'environment' | 'architectures' | 'code' | 'codeSize' | 'unpackedSize' | 'lastModified' | 'revisionId'
>

/** Node.js on Workers has one version, whichever of these a function asks for. */
const RUNTIMES: readonly string[] = ['nodejs24.x', 'nodejs22.x', 'nodejs20.x', 'nodejs18.x']

/** Defaults: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html */
export const defaultSettings = (name: string, role: string): Settled => ({
  description: '',
  runtime: '',
  role,
  handler: '',
  timeout: 3,
  memorySize: 128,
  ephemeralStorage: 512,
  tracingMode: 'PassThrough',
  layers: [],
  logging: { format: 'Text', group: `/aws/lambda/${name}` },
})

/**
 * Applies what is given and keeps the rest; an empty string takes an optional ARN away.
 *
 * @param layers what `Layers` names
 */
export function applySettings(
  current: Settled,
  given: Settings,
  layers: readonly UsedLayer[] | undefined,
): Settled {
  checkSettings(given)
  return {
    description: given.Description ?? current.description,
    runtime: given.Runtime ?? current.runtime,
    role: given.Role ?? current.role,
    handler: given.Handler ?? current.handler,
    timeout: given.Timeout ?? current.timeout,
    memorySize: given.MemorySize ?? current.memorySize,
    deadLetterTarget: (given.DeadLetterConfig?.TargetArn ?? current.deadLetterTarget) || undefined,
    kmsKeyArn: (given.KMSKeyArn ?? current.kmsKeyArn) || undefined,
    ephemeralStorage: given.EphemeralStorage?.Size ?? current.ephemeralStorage,
    tracingMode: given.TracingConfig?.Mode ?? current.tracingMode,
    layers: layers ?? current.layers,
    logging: applyLogging(current.logging, given.LoggingConfig),
  }
}

function checkSettings(given: Settings): void {
  if (given.DeadLetterConfig?.TargetArn) checkDeadLetterTarget(given.DeadLetterConfig.TargetArn)
  if (given.Runtime !== undefined && !RUNTIMES.includes(given.Runtime)) {
    throw invalidParameter(
      `Value ${given.Runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${RUNTIMES.join(', ')}] or be a valid ARN`,
    )
  }
  if ((given.Timeout ?? 0) > LIMITS.timeout) {
    throw new Refusal(
      'ValidationException',
      `1 validation error detected: Value '${given.Timeout}' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to ${LIMITS.timeout}`,
    )
  }
  if ((given.MemorySize ?? 0) > LIMITS.memorySize) throw tooMuch('MemorySize', LIMITS.memorySize)
  if ((given.EphemeralStorage?.Size ?? 0) > LIMITS.ephemeralStorage) {
    throw tooMuch('EphemeralStorage', LIMITS.ephemeralStorage)
  }
  if (given.SnapStart?.ApplyOn === 'PublishedVersions') {
    throw invalidParameter(
      `${given.Runtime ?? 'This runtime'} is not supported for SnapStart enabled functions.`,
    )
  }
  const absent: ReadonlyArray<readonly [isGiven: boolean, what: string]> = [
    [
      (given.VpcConfig?.SubnetIds?.length ?? 0) + (given.VpcConfig?.SecurityGroupIds?.length ?? 0) > 0,
      'functions inside a VPC',
    ],
    [(given.FileSystemConfigs?.length ?? 0) > 0, 'file systems for functions'],
    [given.ImageConfig !== undefined && Object.keys(given.ImageConfig).length > 0, 'container images'],
    [given.CapacityProviderConfig !== undefined, 'capacity providers'],
    [given.DurableConfig !== undefined, 'durable functions'],
  ]
  for (const [isGiven, what] of absent) if (isGiven) throw unsupported(what)
}

const tooMuch = (member: string, most: number): Refusal =>
  invalidParameter(
    `'${member}' value failed to satisfy constraint: Member must have value less than or equal to ${most}`,
  )

/** Levels belong to JSON logs: they come with that format and go with it. */
function applyLogging(
  current: Configuration['logging'],
  given: LoggingConfig = {},
): Configuration['logging'] {
  const format = given.LogFormat ?? current.format
  const group = given.LogGroup ?? current.group
  if (format !== 'JSON') {
    if (given.ApplicationLogLevel !== undefined || given.SystemLogLevel !== undefined) {
      throw invalidParameter(
        'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "JSON" and try again.',
      )
    }
    return { format, group }
  }
  return {
    format,
    group,
    applicationLevel: given.ApplicationLogLevel ?? current.applicationLevel ?? 'INFO',
    systemLevel: given.SystemLogLevel ?? current.systemLevel ?? 'INFO',
  }
}
