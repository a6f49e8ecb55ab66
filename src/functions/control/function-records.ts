import type { Shifted } from '../../deployments/feed/shift.ts'
import { kind } from '../../records/records.ts'
import type { EventInvokeSettings, PolicyStatement, SealedEnvironment } from '../manifest.ts'
import type { ProvisionedConcurrency } from './provisioned-concurrency.ts'

/** A function's settings and code at one moment: what `$LATEST` is now, or what a version was published from. */
export interface Configuration {
  readonly description: string
  readonly runtime: string
  readonly role: string
  readonly handler: string
  /** Seconds. */
  readonly timeout: number
  /** MB. */
  readonly memorySize: number
  readonly environment?: SealedEnvironment
  readonly architectures: readonly string[]
  readonly ephemeralStorage: number
  readonly tracingMode: string
  readonly deadLetterTarget?: string
  readonly kmsKeyArn?: string
  readonly layers: readonly UsedLayer[]
  readonly logging: {
    readonly format: string
    readonly group: string
    readonly applicationLevel?: string
    readonly systemLevel?: string
  }
  /** Hexadecimal SHA-256 of the zip. */
  readonly code: string
  /** Bytes of the zip. */
  readonly codeSize: number
  /** Bytes of the files in it; absent in what was written before layers were. */
  readonly unpackedSize?: number
  /** `2026-11-22T20:48:00.000+0000` */
  readonly lastModified: string
  readonly revisionId: string
}

/** A layer's version as a function keeps it: it goes on using it when it is deleted. */
export interface UsedLayer {
  readonly arn: string
  /** Hexadecimal SHA-256 of the layer's zip. */
  readonly code: string
  /** Bytes of the zip. */
  readonly codeSize: number
  /** Bytes of the files in it. */
  readonly unpackedSize: number
}

export interface FunctionRecord {
  readonly uid: string
  readonly latest: Configuration
  /** Number of the newest version, 0 before the first; numbers are never used twice. */
  readonly newest: number
  readonly deleted: readonly number[]
  /** Bytes of the packages of all published versions together. */
  readonly publishedBytes: number
  readonly tags: Readonly<Record<string, string>>
  /** Calls that may run at once; absent: as many as come; null: the same, and there was a limit once. */
  readonly reservedConcurrency?: number | null
  /** By alias or version. */
  readonly provisioned?: Readonly<Record<string, ProvisionedConcurrency>>
  /** `Allow`: calls round a loop are not cut off. */
  readonly recursiveLoop?: 'Allow'
  /** When versions get a newer runtime, by version; `Auto` if absent. */
  readonly runtimeManagement?: Readonly<Record<string, RuntimeManagement>>
}

export interface RuntimeManagement {
  readonly updateOn: 'Auto' | 'FunctionUpdate' | 'Manual'
  /** Of `Manual`. */
  readonly runtimeVersionArn?: string
}

/** What PutFunctionEventInvokeConfig set for a qualifier. */
export interface EventInvokeRecord extends EventInvokeSettings {
  /** Milliseconds since the epoch. */
  readonly lastModified: number
}

export interface VersionRecord extends Configuration {
  /** What `$LATEST` was described as when it was published; the version itself may have been given other words. */
  readonly sourceDescription: string
}

/** While a deployment has it, only that one moves its calls. */
export interface AliasRecord extends Shifted {
  readonly version: string
  readonly description: string
  readonly weights: Readonly<Record<string, number>>
  readonly revisionId: string
}

/** The policy of what it is attached to, whose `revisionId` changes with it. */
export interface PolicyRecord {
  readonly statements: readonly PolicyStatement[]
}

export const functions = kind<FunctionRecord>('lambda.function')

/** Parent: the function's name. Id: {@link versionId}. */
export const versions = kind<VersionRecord>('lambda.version')

/** Parent: the function's name. */
export const aliases = kind<AliasRecord>('lambda.alias')

/** Parent: the function's name. Id: {@link policyId}. */
export const policies = kind<PolicyRecord>('lambda.policy')

/** Parent: the function's name. Id: the qualifier, `$LATEST` for the function without one. */
export const eventInvokeConfigs = kind<EventInvokeRecord>('lambda.event-invoke-config')

/** Each qualifier has a policy of its own; `$` stands for the function without one. */
export const policyId = (qualifier: string | undefined): string => qualifier ?? '$'

/** The database sorts ids as text. */
export const versionId = (version: number | string): string => String(version).padStart(10, '0')

/** Kind of publication that keeps a function's AliasRouter up to date. */
export const FUNCTION_PUBLICATION = 'function'
