import type {
  CanarySettingsRecord,
  MethodSettings,
  StageRecord,
} from '../../../gateway/control/rest-api-records.ts'
import { setField } from '../../../lib/fields.ts'
import {
  flag,
  integer,
  number,
  oneOf,
  orNone,
  type Patch,
  type Patchable,
  type PatchTable,
  type ReadValue,
  stageWording,
  type Writable,
} from './patch.ts'
import { badRequest } from './refusals.ts'
import { SMALLEST_CACHE } from './stage-rules.ts'

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

/**
 * The key of a method's settings: its path and name as they were written. Beside `/~1pets~1{id}/GET` API Gateway takes
 * `/pets/{id}/GET`, which is how Terraform writes it.
 */
const settingsKey = (method: string): string => method.slice(1)

/** Of a setting that has two parts of its own. */
const methodOf = (path: string): string => path.split('/').slice(0, -2).join('/')

/** A setting of a method. The first one that is set makes the others appear, taken from those of all methods. */
const setting = (name: keyof MethodSettings, read: ReadValue): StagePatch => ({
  ops: ['add', 'replace'],
  apply(draft: Writable<StageRecord>, { path, value }: Patch) {
    const key = settingsKey(methodOf(path))
    const before = draft.methodSettings[key] ?? draft.methodSettings['*/*'] ?? DEFAULT_SETTINGS
    setField(draft.methodSettings, key, { ...before, [name]: read(value, path) })
  },
})

/** "The maximum TTL value is 3600 seconds. TTL=0 means caching is disabled." */
const cacheTtl: ReadValue = value => {
  const seconds = Number(value)
  if (!value || !Number.isInteger(seconds) || seconds < 0 || seconds > 3_600) {
    throw badRequest('Invalid time-to-live setting, must be an integer no greater than 3600')
  }
  return seconds
}

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

const nothingToRemove = (path: string) =>
  stageWording({ op: 'remove', path, opsAtPath: [], pathsForOp: [], paths: [] })

type Canary = Writable<CanarySettingsRecord>

/** The first setting of a canary makes it: of the stage's own deployment, and without requests of its own. */
function canaryOf(draft: Writable<StageRecord>): Canary {
  draft.canarySettings ??= { percentTraffic: 0, deploymentId: draft.deploymentId, useStageCache: false }
  return draft.canarySettings
}

const canary = (apply: (canary: Canary, value: string | undefined, path: string) => void): StagePatch => ({
  ops: ['add', 'replace'],
  apply(draft, { op, path, value }) {
    // As recorded from API Gateway: there is no adding to a canary.
    if (op === 'add') throw badRequest(`Invalid add operation with path: ${path}`)
    apply(canaryOf(draft), value, path)
  },
})

const canaryOverride: StagePatch = {
  ops: ['add', 'replace', 'remove'],
  apply(draft, { op, path, at, value = '' }) {
    const name = at.variable_name!
    if (op === 'remove' && !Object.hasOwn(draft.canarySettings?.stageVariableOverrides ?? {}, name)) {
      throw nothingToRemove(path)
    }
    const canary = canaryOf(draft)
    const overrides: Record<string, string> = { ...canary.stageVariableOverrides }
    if (op === 'remove') delete overrides[name]
    else setField(overrides, name, value)
    if (Object.keys(overrides).length > 0) canary.stageVariableOverrides = overrides
    else delete canary.stageVariableOverrides
  },
}

const COPIES_TO = ['/deploymentId', '/variables']
const COPIES_FROM = ['/canarySettings/deploymentId', '/canarySettings/stageVariableOverrides']

/**
 * Promotes the canary: its deployment becomes the stage's, its overrides join the stage's variables.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/promote-canary-deployment.html
 */
function promote(draft: Writable<StageRecord>, { path, from = 'null' }: Patch): void {
  if (!COPIES_TO.includes(path) || !COPIES_FROM.includes(from)) {
    throw badRequest(
      `Invalid copy operation with path: ${path} and from ${from}. Valid copy:path are [${COPIES_TO.join(', ')}] and valid copy:from are [${COPIES_FROM.join(', ')}]`,
    )
  }
  const { canarySettings } = draft
  if (!canarySettings) throw badRequest('Promotion not available. Canary does not exist.')
  if (path === '/deploymentId') draft.deploymentId = canarySettings.deploymentId
  else if (canarySettings.stageVariableOverrides)
    draft.variables = { ...draft.variables, ...canarySettings.stageVariableOverrides }
}

const copyOnly: StagePatch = { ops: ['copy'], apply: promote }

const METHOD = '/{resourcePath+}/{httpMethod}'

export const STAGE_PATCHES: PatchTable<StageRecord> = {
  wording: stageWording,
  rows: {
    '/deploymentId': {
      ops: ['replace', 'copy'],
      apply(draft, patch) {
        if (patch.op === 'copy') promote(draft, patch)
        else draft.deploymentId = patch.value ?? ''
      },
    },
    '/description': { ops: ['add', 'replace', 'remove'] },
    '/variables/{variable_name}': { ops: ['add', 'replace', 'remove'], value: value => value ?? '' },
    '/variables': copyOnly,
    '/tracingEnabled': { ops: ['add', 'replace'], value: flag },
    '/cacheClusterEnabled': {
      ops: ['add', 'replace'],
      apply(draft, { value, path }) {
        draft.cacheClusterEnabled = flag(value, path) === true
        if (draft.cacheClusterEnabled) draft.cacheClusterSize ??= SMALLEST_CACHE
      },
    },
    '/cacheClusterSize': { ops: ['add', 'replace'] },
    '/clientCertificateId': { ops: ['add', 'replace', 'remove'], value: orNone },
    '/documentationVersion': { ops: ['add', 'replace', 'remove'], value: orNone },
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
    '/canarySettings': {
      ops: ['remove'],
      apply(draft) {
        delete draft.canarySettings
      },
    },
    '/canarySettings/percentTraffic': canary((canary, value, path) => {
      canary.percentTraffic = number(value, path) as number
    }),
    '/canarySettings/deploymentId': {
      ops: ['add', 'replace', 'copy'],
      apply(draft, patch) {
        if (patch.op === 'copy') promote(draft, patch)
        canary((canary, value = '') => {
          canary.deploymentId = value
        }).apply!(draft, patch)
      },
    },
    '/canarySettings/useStageCache': canary((canary, value, path) => {
      canary.useStageCache = flag(value, path) === true
    }),
    '/canarySettings/stageVariableOverrides/{variable_name}': canaryOverride,
    '/canarySettings/stageVariableOverrides': copyOnly,
    [`${METHOD}/metrics/enabled`]: setting('metricsEnabled', flag),
    [`${METHOD}/logging/dataTrace`]: setting('dataTraceEnabled', flag),
    [`${METHOD}/logging/loglevel`]: setting('loggingLevel', oneOf('logging level', 'OFF', 'ERROR', 'INFO')),
    [`${METHOD}/throttling/burstLimit`]: setting('throttlingBurstLimit', integer),
    [`${METHOD}/throttling/rateLimit`]: setting('throttlingRateLimit', number),
    [`${METHOD}/caching/enabled`]: setting('cachingEnabled', flag),
    [`${METHOD}/caching/ttlInSeconds`]: setting('cacheTtlInSeconds', cacheTtl),
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
          throw nothingToRemove(path)
        }
        delete draft.methodSettings[key]
      },
    },
  },
}
