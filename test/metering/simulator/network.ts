import { PLACES, type Place } from '../../../src/metering/relays/relay-address.ts'

/** Where each region's places lie: latitude, longitude, how far around they are, and its share of all callers. */
const REGIONS: Readonly<Record<Place, readonly [number, number, number, number]>> = {
  wnam: [38, -118, 8, 12],
  enam: [39, -80, 8, 20],
  sam: [-22, -50, 10, 8],
  weur: [50, 4, 6, 22],
  eeur: [50, 24, 6, 8],
  apac: [22, 110, 18, 18],
  oc: [-32, 150, 8, 4],
  afr: [0, 25, 20, 4],
  me: [26, 50, 7, 4],
}

/** One city with a data center. */
export interface City {
  readonly place: Place
  /** On the unit sphere. */
  readonly at: readonly [number, number, number]
}

const EARTH_KM = 6371
/** Light in glass makes 200 km a millisecond, and cables are not straight. */
const KM_A_MS = 200 / 1.6

/** Cities all over the world, more of them where more callers are. */
export function citiesOf(count: number, random: () => number): City[] {
  const whole = PLACES.reduce((sum, place) => sum + REGIONS[place][3], 0)
  return Array.from({ length: count }, (_, index) => {
    let share = ((index + 0.5) / count) * whole
    const place = PLACES.find(candidate => {
      share -= REGIONS[candidate][3]
      return share < 0
    })!
    const [latitude, longitude, around] = REGIONS[place]
    const scatter = () => (random() + random() - 1) * around * 1.5
    return { place, at: onSphere(latitude + scatter(), longitude + scatter()) }
  })
}

/** One way between two cities, milliseconds, without what chance adds: 0.5 within one, 170 at the world's other end. */
export function distanceMs(a: City, b: City): number {
  const cosine = a.at[0] * b.at[0] + a.at[1] * b.at[1] + a.at[2] * b.at[2]
  return 0.5 + (EARTH_KM * Math.acos(Math.min(1, Math.max(-1, cosine)))) / KM_A_MS
}

function onSphere(latitude: number, longitude: number): [number, number, number] {
  const up = (latitude * Math.PI) / 180
  const round = (longitude * Math.PI) / 180
  return [Math.cos(up) * Math.cos(round), Math.cos(up) * Math.sin(round), Math.sin(up)]
}
