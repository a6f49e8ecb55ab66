import type { Shift } from '../deployments/feed/shift.ts'
import type { Sealed } from '../encryption/secrets.ts'
import type { Account } from '../lib/account.ts'

/**
 * Everything the data plane needs to run one version of a function: an immutable document in the store. A published
 * version's name never changes its content; each revision of `$LATEST` has a name of its own.
 */
export interface Manifest {
  readonly schema: 1
  readonly account: Account
  readonly name: string
  /** Distinguishes a function from one of the same name that was deleted before it was created. */
  readonly uid: string
  /** A number or `$LATEST`. */
  readonly version: string
  readonly runtime: string
  readonly handler: string
  readonly role: string
  /** Seconds. */
  readonly timeout: number
  /** MB, as configured; an isolate has what Workers give. */
  readonly memorySize: number
  /** Hexadecimal SHA-256 of the uploaded zip: names the code in the store. */
  readonly code: string
  /** Of the zips of its layers, first to last: what later ones hold wins. */
  readonly layers?: readonly string[]
  /** Environment variables, encrypted; see seal-environment.ts. */
  readonly environment?: SealedEnvironment
  readonly logGroup: string
  /** Calls that nobody has decided about may be traced. */
  readonly tracing?: 'Active'
  /** ARN of what gets the events that the version could not serve. */
  readonly deadLetterTarget?: string
  /** `JSON`; text without it. */
  readonly logFormat?: string
  /** Lowest level of the function's own JSON lines. */
  readonly logLevel?: string
  /** Lowest level of Lambda's own JSON lines; INFO without it. */
  readonly systemLogLevel?: string
}

/** Variables under the account's data key, or under one of their own that a KMS key decrypts. */
export interface SealedEnvironment extends Sealed {
  /** That data key: `CiphertextBlob` of the KMS key, base64. */
  readonly kms?: string
}

/** The document of an AliasRouter object. */
export interface FunctionPointer {
  readonly schema: 1
  readonly account: Account
  readonly name: string
  readonly uid: string
  /** Store key of the manifest that `$LATEST` is now. */
  readonly latest: string
  /** Manifests that most calls will need, by their keys: a cold start then reads the code alone. */
  readonly manifests?: Readonly<Record<string, Manifest>>
  /** Published versions are 1 ... `newest`, except those listed in `deleted`. */
  readonly newest: number
  readonly deleted: readonly number[]
  readonly aliases: Readonly<Record<string, AliasTarget>>
  /** Resource policies by qualifier; '' is the unqualified function. */
  readonly policies: Readonly<Record<string, readonly PolicyStatement[]>>
  /** `Allow`: calls round a loop are not cut off. */
  readonly recursiveLoop?: 'Allow'
  /** What becomes of asynchronous calls, by the qualifier that was called; `$LATEST` without one. */
  readonly eventInvoke?: Readonly<Record<string, EventInvokeSettings>>
  /** Absent: as many calls run at once as come. */
  readonly reservedConcurrency?: ReservedConcurrency
  /** Events may overlap in one isolate; set by the tag {@link SHARED_TAG}. */
  readonly shared?: boolean
}

/** Tag of a function whose events may overlap in one isolate; its value is `true`. */
export const SHARED_TAG = 'weir:shared-isolates'

/** The ceiling of calls of a function that run at once. */
export interface ReservedConcurrency {
  readonly limit: number
  /** Of the pointer that says so: of two that differ the newer one holds. */
  readonly generation: number
  /** Of the function: calls of one that was deleted do not count against another of its name. */
  readonly uid: string
}

/** What PutFunctionEventInvokeConfig sets. */
export interface EventInvokeSettings {
  /** Seconds. */
  readonly maximumEventAge?: number
  readonly maximumRetryAttempts?: number
  /** ARNs of what is told of events that were served, or that could not be. */
  readonly onSuccess?: string
  readonly onFailure?: string
}

export interface AliasTarget {
  /** `$LATEST` or a number. */
  readonly version: string
  /** Share of calls, 0 to 1, that run other versions instead. */
  readonly weights?: Readonly<Record<string, number>>
  /** While a deployment moves the alias's calls from one version to another. */
  readonly shift?: Shift
}

/** A statement of a function's resource policy, as AddPermission made it. */
export interface PolicyStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Principal: string | Readonly<Record<string, string>>
  readonly Action: string
  readonly Resource: string
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Name of a function's AliasRouter object. */
export const functionPointerName = (account: Account, name: string): string =>
  `${account.id}/${account.region}/${name}`

/** Where a version's manifest lies; `revision` only for `$LATEST`. */
export const manifestKey = (uid: string, version: string, revision?: string): string =>
  `functions/${uid}/${version}${revision ? `-${revision}` : ''}.json`
