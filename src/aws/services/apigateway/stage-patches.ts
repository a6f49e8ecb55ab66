import type { MethodSettings, StageRecord } from '../../../gateway/control/rest-api-records.ts'
import {
  define,
  flag,
  integer,
  number,
  oneOf,
  type Patch,
  type Patchable,
  type PatchTable,
  type ReadValue,
  stageWording,
  type Writable,
} from './patch.ts'
import { badRequest, unsupported } from './refusals.ts'

type StagePatch = Patchable<StageRecord>

const DEFAULT_SETTINGS: MethodSettings = {
  metricsEnabled: false,
  dataTraceEnabled: false,
  throttlingBurstLimit: 5000,
  throttlingRateLimit: 10_000,
  cachingEnabled: false,
  cacheTtlInSeconds: 300,
  cacheDataEncrypted: false,
  requireAuthorizationForCacheControl: true,
  unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
}

/** The key of a method's settings: the path's first two parts as they were written. */
const settingsKey = (path: string): string => path.split('/').slice(1, 3).join('/')

/** A setting of a method. The first one that is set makes the others appear, taken from those of all methods. */
const setting = (name: keyof MethodSettings, read: ReadValue): StagePatch => ({
  ops: ['add', 'replace'],
  apply(draft: Writable<StageRecord>, { path, value }: Patch) {
    const key = settingsKey(path)
    const before = draft.methodSettings[key] ?? draft.methodSettings['*/*'] ?? DEFAULT_SETTINGS
    define(draft.methodSettings, key, { ...before, [name]: read(value, path) })
  },
})

const refuse = (what: string): StagePatch => ({
  ops: ['add', 'replace'],
  apply(_, { value }) {
    if (value && value !== 'false') throw unsupported(what)
  },
})

const accessLog = (): Pick<StagePatch, 'ops' | 'value'> => ({
  ops: ['add', 'replace'],
  value: setting => {
    if (!setting) throw badRequest('Access Log value must not be empty')
    return setting
  },
})

const notAnAccessLogSetting: StagePatch = {
  ops: ['add', 'replace'],
  apply() {
    throw badRequest(
      'Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]',
    )
  },
}

// There are no canaries, so there is never one to promote.
const promote = ({ path, from }: Patch): never => {
  if (from?.startsWith('/canarySettings/'))
    throw badRequest('Promotion not available. Canary does not exist.')
  throw badRequest(
    `Invalid copy operation with path: ${path} and from ${from ?? 'null'}. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]`,
  )
}

const METHOD = '/{resourcePath}/{httpMethod}'

export const STAGE_PATCHES: PatchTable<StageRecord> = {
  wording: stageWording,
  rows: {
    '/deploymentId': {
      ops: ['replace', 'copy'],
      apply(draft, patch) {
        if (patch.op === 'copy') promote(patch)
        draft.deploymentId = patch.value ?? ''
      },
    },
    '/description': { ops: ['add', 'replace', 'remove'] },
    '/variables/{variable_name}': { ops: ['add', 'replace', 'remove'], value: value => value ?? '' },
    '/variables': { ops: ['copy'], apply: (_, patch) => promote(patch) },
    '/tracingEnabled': { ops: ['add', 'replace'], value: flag },
    '/cacheClusterEnabled': refuse('cache clusters of stages'),
    '/cacheClusterSize': refuse('cache clusters of stages'),
    '/clientCertificateId': refuse('client certificates'),
    '/documentationVersion': refuse('documentation versions'),
    '/accessLogSettings/destinationArn': accessLog(),
    '/accessLogSettings/format': accessLog(),
    '/accessLogSettings/{setting}': notAnAccessLogSetting,
    '/accessLogSettings': {
      ops: ['add', 'replace', 'remove'],
      apply(draft, patch) {
        if (patch.op !== 'remove') notAnAccessLogSetting.apply!(draft, patch)
        delete draft.accessLogSettings
      },
    },
    '/canarySettings/percentTraffic': refuse('canary settings of stages'),
    '/canarySettings/deploymentId': refuse('canary settings of stages'),
    '/canarySettings/useStageCache': refuse('canary settings of stages'),
    '/canarySettings/stageVariableOverrides/{variable_name}': refuse('canary settings of stages'),
    '/canarySettings/stageVariableOverrides': { ops: ['copy'], apply: (_, patch) => promote(patch) },
    [`${METHOD}/metrics/enabled`]: setting('metricsEnabled', flag),
    [`${METHOD}/logging/dataTrace`]: setting('dataTraceEnabled', flag),
    [`${METHOD}/logging/loglevel`]: setting('loggingLevel', oneOf('logging level', 'OFF', 'ERROR', 'INFO')),
    [`${METHOD}/throttling/burstLimit`]: setting('throttlingBurstLimit', integer),
    [`${METHOD}/throttling/rateLimit`]: setting('throttlingRateLimit', number),
    [`${METHOD}/caching/enabled`]: setting('cachingEnabled', flag),
    [`${METHOD}/caching/ttlInSeconds`]: setting('cacheTtlInSeconds', integer),
    [`${METHOD}/caching/dataEncrypted`]: setting('cacheDataEncrypted', flag),
    [`${METHOD}/caching/requireAuthorizationForCacheControl`]: setting(
      'requireAuthorizationForCacheControl',
      flag,
    ),
    [`${METHOD}/caching/unauthorizedCacheControlHeaderStrategy`]: setting(
      'unauthorizedCacheControlHeaderStrategy',
      oneOf(
        'unauthorized cache control header strategy',
        'FAIL_WITH_403',
        'SUCCEED_WITH_RESPONSE_HEADER',
        'SUCCEED_WITHOUT_RESPONSE_HEADER',
      ),
    ),
    [METHOD]: {
      ops: ['remove'],
      apply(draft, { path }) {
        const key = settingsKey(path)
        if (!Object.hasOwn(draft.methodSettings, key)) {
          throw stageWording({ op: 'remove', path, opsAtPath: [], pathsForOp: [], paths: [] })
        }
        delete draft.methodSettings[key]
      },
    },
  },
}
