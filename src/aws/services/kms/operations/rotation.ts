import { dueOf, keyArn } from '../../../../encryption/kms/key-records.ts'
import { rotated } from '../../../../encryption/kms/rotate-key.ts'
import { Refusal } from '../../../../lib/refusal.ts'
import { DAY_MS } from '../../../../lib/utc-day.ts'
import { changeKey, contextOf, findOwnKey, type KmsHandlers, notPendingDeletion } from '../context.ts'
import { LIMITS } from '../limits.ts'
import { pageOf } from '../pages.ts'
import { limitExceeded } from '../refusals.ts'

export const rotationOperations = {
  async EnableKeyRotation(input, call) {
    const context = contextOf(call)
    const { RotationPeriodInDays: periodInDays = LIMITS.rotationPeriod } = input
    const rotation = { periodInDays, next: context.now + periodInDays * DAY_MS }
    await changeKey(context, input.KeyId, (key, place) => ({
      ...enabled(notPendingDeletion(key, place), keyArn(place)),
      rotation,
      due: dueOf({ rotation }),
    }))
    return {}
  },

  async DisableKeyRotation(input, call) {
    await changeKey(contextOf(call), input.KeyId, (key, place) => {
      const { rotation: _, due: __, ...kept } = enabled(notPendingDeletion(key, place), keyArn(place))
      return kept
    })
    return {}
  },

  async GetKeyRotationStatus(input, call) {
    const { place, stored } = await findOwnKey(contextOf(call), input.KeyId)
    const { rotation, state } = stored.doc
    const isOn = rotation !== undefined && state !== 'PendingDeletion'
    return {
      KeyRotationEnabled: isOn,
      KeyId: keyArn(place),
      RotationPeriodInDays: isOn ? rotation.periodInDays : undefined,
      NextRotationDate: isOn ? new Date(rotation.next) : undefined,
    }
  },

  async RotateKeyOnDemand(input, call) {
    const context = contextOf(call)
    const { place } = await changeKey(context, input.KeyId, async (key, place) => {
      enabled(notPendingDeletion(key, place), keyArn(place))
      const onDemand = key.rotations.filter(({ type }) => type === 'ON_DEMAND').length
      if (onDemand >= LIMITS.rotationsOnDemand) {
        throw limitExceeded(`A key is rotated on demand at most ${LIMITS.rotationsOnDemand} times`)
      }
      return rotated(context.platform.env, place, key, { at: context.now, type: 'ON_DEMAND' })
    })
    return { KeyId: keyArn(place) }
  },

  async ListKeyRotations(input, call) {
    const { place, stored } = await findOwnKey(contextOf(call), input.KeyId)
    const all = stored.doc.rotations.map((rotation, index) => ({ ...rotation, index }))
    const { items, ...page } = await pageOf(
      `rotations ${place.id}`,
      after => all.slice(after === undefined ? 0 : Number(after) + 1),
      ({ index }) => String(index),
      input,
      LIMITS.keysPerPage,
    )
    const Rotations = items.map(({ at, type }) => ({
      KeyId: place.id,
      RotationDate: new Date(at),
      RotationType: type,
    }))
    return { Rotations, ...page }
  },
} satisfies KmsHandlers

function enabled<T extends { readonly state: string }>(key: T, arn: string): T {
  if (key.state === 'Disabled') throw new Refusal('DisabledException', `${arn} is disabled.`)
  return key
}
