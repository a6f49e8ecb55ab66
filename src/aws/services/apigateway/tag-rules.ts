import { wrongCorsTag } from '../../../gateway/cors-tags.ts'
import { isReservedTag } from '../../../lib/tags.ts'
import { LIMITS } from './limits.ts'
import { badRequest } from './refusals.ts'

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html */
export function checkTags(tags: Readonly<Record<string, string>> | undefined): void {
  const entries = Object.entries(tags ?? {})
  if (entries.length > LIMITS.tags) throw badRequest(`The number of tags exceeds the limit of ${LIMITS.tags}`)
  for (const [key, value] of entries) {
    if (key.length === 0 || key.length > LIMITS.tagKey) {
      throw badRequest(`Invalid tag key specified. Keys have between 1 and ${LIMITS.tagKey} characters`)
    }
    if (isReservedTag(key)) throw badRequest('Tag keys starting with aws: are reserved')
    if (value.length > LIMITS.tagValue) {
      throw badRequest(`Invalid tag value specified. Values have at most ${LIMITS.tagValue} characters`)
    }
  }
}

/** Of an API, whose tags may also say which origins its whole is open to. */
export function checkApiTags(tags: Readonly<Record<string, string>> | undefined): void {
  checkTags(tags)
  const wrong = wrongCorsTag(tags)
  if (wrong) throw badRequest(wrong)
}
