import { LARGEST_EVENT } from '../largest-event.ts'
import { UPLOAD_LIMITS } from '../prepare/prepare-upload.ts'

/**
 * Lambda's quotas, except those that the models state themselves. Sizes of packages are Weir's own.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const LIMITS = {
  /** Bytes of a package as it is uploaded. */
  zipBytes: UPLOAD_LIMITS.zippedBytes,
  /** Bytes of a package's files. */
  unzippedBytes: UPLOAD_LIMITS.unpackedBytes,
  /** Bytes that a request with a package may have besides it. */
  requestSlackBytes: 256 * 1024,
  /** Bytes of all packages of an account in a region. */
  totalCodeBytes: 75 * 1024 * 1024 * 1024,
  concurrentExecutions: 1000,
  /** Layers of a function. */
  layers: 5,
  /** Characters of a function's name; the models' limits leave room for an ARN. */
  nameLength: 64,
  /** Seconds. The models' limit is that of managed instances. */
  timeout: 900,
  /** MB. The models' limit is that of managed instances. */
  memorySize: 10_240,
  /** MB. The models' limit is that of managed instances. */
  ephemeralStorage: 10_240,
  /** Bytes of environment variables as one JSON document. */
  environmentBytes: 4096,
  /** Bytes of a resource policy's document. */
  policyBytes: 20_480,
  tags: 50,
  /** Bytes of an event of a synchronous call. */
  requestPayloadBytes: LARGEST_EVENT,
  /** Bytes of an event of an asynchronous call. */
  eventPayloadBytes: 1024 * 1024,
  /** Bytes of a call's client context, as Base64. */
  clientContextBytes: 3583,
  /** Bytes of log that a call may ask to have sent along. */
  logTailBytes: 4096,
  /** Items of a page of any list. */
  pageSize: 50,
  /** Seconds for which a link to a function's package holds. */
  codeLinkSeconds: 600,
} as const
