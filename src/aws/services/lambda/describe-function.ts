import type {
  ApplicationLogLevel,
  Architecture,
  FunctionConfiguration,
  Layer,
  LogFormat,
  Runtime,
  SystemLogLevel,
  TracingMode,
} from '@aws-sdk/client-lambda'
import type { Configuration, UsedLayer } from '../../../functions/control/function-records.ts'
import { type Owner, openEnvironment } from '../../../functions/control/seal-environment.ts'
import { KeyUnusable } from '../../../functions/key-unusable.ts'
import type { SealedEnvironment } from '../../../functions/manifest.ts'
import type { Account } from '../../../lib/account.ts'
import { functionArn } from '../../../lib/arn.ts'
import { toBase64 } from '../../../lib/base64.ts'
import { Refusal } from '../../../lib/refusal.ts'
import type { Context } from './context.ts'

/** Which version of which function is described. */
export interface Described {
  readonly name: string
  readonly uid: string
  /** `$LATEST` or a number. */
  readonly version: string
  readonly configuration: Configuration
  /** What the ARN ends in: the caller's own word for the version. Absent: the function's unqualified ARN. */
  readonly qualifier?: string
}

/** A function as GetFunctionConfiguration answers it. A function is active as soon as its code is stored. */
export async function describeFunction(
  context: Context,
  described: Described,
): Promise<FunctionConfiguration> {
  const { configuration } = described
  return {
    ...(await describeInList(context, described)),
    State: 'Active',
    LastUpdateStatus: 'Successful',
    RuntimeVersionConfig: {
      RuntimeVersionArn: runtimeVersionArn(context.account, configuration),
    },
  }
}

/** A runtime has one version: what this Weir brings along. */
export const runtimeVersionArn = ({ region }: Account, { runtime }: Configuration): string =>
  `arn:aws:lambda:${region}::runtime:${runtime}`

/** A function as lists answer it: without its state. */
export async function describeInList(context: Context, described: Described): Promise<FunctionConfiguration> {
  const { account, platform } = context
  const { name, uid, version, configuration, qualifier } = described
  const { environment, logging } = configuration
  return {
    FunctionName: name,
    FunctionArn: functionArn(account, name, qualifier),
    Runtime: configuration.runtime as Runtime,
    Role: configuration.role,
    Handler: configuration.handler,
    CodeSize: configuration.codeSize,
    Description: configuration.description,
    Timeout: configuration.timeout,
    MemorySize: configuration.memorySize,
    LastModified: configuration.lastModified,
    CodeSha256: codeSha256(configuration.code),
    Version: version,
    DeadLetterConfig: configuration.deadLetterTarget
      ? { TargetArn: configuration.deadLetterTarget }
      : undefined,
    Environment:
      environment && (await describeEnvironment(platform.env, { account, name, uid }, environment)),
    KMSKeyArn: configuration.kmsKeyArn,
    TracingConfig: { Mode: configuration.tracingMode as TracingMode },
    RevisionId: configuration.revisionId,
    Layers: configuration.layers.length > 0 ? configuration.layers.map(describeLayer) : undefined,
    PackageType: 'Zip',
    Architectures: [...configuration.architectures] as Architecture[],
    EphemeralStorage: { Size: configuration.ephemeralStorage },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    LoggingConfig: {
      LogFormat: logging.format as LogFormat,
      ApplicationLogLevel: logging.applicationLevel as ApplicationLogLevel | undefined,
      SystemLogLevel: logging.systemLevel as SystemLogLevel | undefined,
      LogGroup: logging.group,
    },
  }
}

const describeLayer = ({ arn, codeSize }: UsedLayer): Layer => ({ Arn: arn, CodeSize: codeSize })

/** Variables that cannot be decrypted are no reason not to answer the rest; Lambda says so in the same place. */
async function describeEnvironment(
  env: Context['platform']['env'],
  owner: Owner,
  sealed: SealedEnvironment,
): Promise<FunctionConfiguration['Environment']> {
  try {
    return { Variables: await openEnvironment(env, owner, sealed) }
  } catch (error) {
    if (error instanceof KeyUnusable) return { Error: { ErrorCode: error.code, Message: error.message } }
    const reason = error instanceof Refusal ? error.message : 'They were encrypted with another key.'
    return {
      Error: {
        ErrorCode: 'DecryptionFailure',
        Message: `Lambda was unable to decrypt the environment variables. ${reason}`,
      },
    }
  }
}

/** @param hash hexadecimal */
export function codeSha256(hash: string): string {
  return toBase64(Uint8Array.from(hash.match(/../g)!, pair => Number.parseInt(pair, 16)))
}
