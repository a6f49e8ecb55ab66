import { kind } from '../../records/records.ts'
import type { PolicyStatement } from '../manifest.ts'

/** Outlives its versions, since their numbers are never used twice. */
export interface LayerRecord {
  /** Number of the newest version that there ever was. */
  readonly newest: number
  /** Versions that are not deleted. */
  readonly count: number
  /** Bytes of their packages together. */
  readonly bytes: number
}

export interface LayerVersionRecord {
  readonly description: string
  /** Absent when the publisher did not say; lists that filter then leave it out. */
  readonly runtimes?: readonly string[]
  readonly architectures?: readonly string[]
  readonly license?: string
  /** `2026-11-22T20:48:00.000+0000` */
  readonly createdDate: string
  /** Hexadecimal SHA-256 of the zip. */
  readonly code: string
  /** Bytes of the zip. */
  readonly codeSize: number
  /** Bytes of the files in it. */
  readonly unpackedSize: number
  readonly policy?: LayerPolicy
}

export interface LayerPolicy {
  /** Never empty. */
  readonly statements: readonly PolicyStatement[]
  readonly revisionId: string
}

export const layers = kind<LayerRecord>('lambda.layer')

/** Parent: the layer's name. Id: {@link layerVersionId}. */
export const layerVersions = kind<LayerVersionRecord>('lambda.layer-version')

const LARGEST = 9_999_999_999

/** The database sorts ids as text, and the newest version of a layer is listed first. */
export const layerVersionId = (version: number): string => String(LARGEST - version).padStart(10, '0')

export const layerVersionOf = (id: string): number => LARGEST - Number(id)
