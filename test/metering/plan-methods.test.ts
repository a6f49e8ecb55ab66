import { expect, test } from 'vitest'
import type { KeyRecord } from '../../src/metering/key-record.ts'
import { Meter, TICK_MS } from '../../src/metering/meter.ts'
import { randomSource } from '../random-source.ts'
import { Rig } from './isolate-rig.ts'
import { NAME, recordOf, TARGET } from './simulated-key.ts'
import { AdmissionLog } from './simulator/admission-log.ts'

const EPOCH = Date.UTC(2026, 10, 22, 12)
const OWN = { rateLimit: 40, burstLimit: 30 }
const ROOMY = { rateLimit: 1_000, burstLimit: 1_000 }

test('a plan’s throttle of a method holds for it, and for no other method of the key', async () => {
  const rig = new Rig()
  const plain = recordOf(ROOMY)
  const record: KeyRecord = {
    ...plain,
    plans: plain.plans.map(plan => ({ ...plan, stages: [{ ...TARGET, throttle: { '/own/GET': OWN } }] })),
  }
  const meter = new Meter({ record, usage: [], adjustments: [] }, EPOCH)
  const clock = () => EPOCH + Math.floor(rig.world.now)
  const granted = new AdmissionLog()
  const grantedToOwn = new AdmissionLog()
  const enter = (requests: number, own: boolean) => {
    granted.enter(clock(), requests)
    if (own) grantedToOwn.enter(clock(), requests)
  }
  rig.answer = request => {
    const reply = meter.lease(structuredClone(request), clock())
    if (reply.admitted > 0) enter(reply.admitted, request.method === 'GET /own')
    return reply
  }
  const tick = () => {
    meter.tick(clock())
    meter.takeSaves()
    rig.world.at(rig.world.now + TICK_MS, tick)
  }
  rig.world.at(0, tick)

  const random = randomSource(11)
  const answers = { own: [0, 0], other: [0, 0] }
  for (let at = 0; at < 4_000; at += 2) {
    const own = random() < 0.5
    rig.world.at(at, () => {
      const target = { ...TARGET, method: own ? 'GET /own' : `GET /other/${at % 3}` }
      void Promise.resolve(rig.admission.admit(NAME, target)).then(decision => {
        answers[own ? 'own' : 'other'][decision.admitted ? 0 : 1]! += 1
        if (decision.admitted && decision.by === 'lease') enter(1, own)
      })
    })
  }
  await rig.world.run(5_000)
  expect(answers.other[1]).toBe(0)
  expect(answers.other[0]).toBeGreaterThan(900)
  // What the method may have in 4 s is 190.
  expect(answers.own[0]).toBeGreaterThan(150)
  expect(answers.own[1]).toBeGreaterThan(700)
  expect(grantedToOwn.overAdmission(OWN)).toBeLessThanOrEqual(0)
  expect(granted.overAdmission(ROOMY)).toBeLessThanOrEqual(0)
})
