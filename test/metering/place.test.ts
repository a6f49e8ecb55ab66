import { expect, test } from 'vitest'
import { placeOf } from '../../src/metering/place.ts'

test.each([
  [{ colo: 'FRA', continent: 'EU' }, 'weur'],
  [{ colo: 'WAW', continent: 'EU' }, 'eeur'],
  [{ colo: 'SJC', continent: 'NA' }, 'wnam'],
  [{ colo: 'EWR', continent: 'NA' }, 'enam'],
  [{ colo: 'GRU', continent: 'SA' }, 'sam'],
  [{ colo: 'NRT', continent: 'AS' }, 'apac'],
  [{ colo: 'DXB', continent: 'AS' }, 'me'],
  [{ colo: 'SYD', continent: 'OC' }, 'oc'],
  [{ colo: 'JNB', continent: 'AF' }, 'afr'],
  // The client's continent is another one: where the data center is counts, as far as that is known.
  [{ colo: 'LAX', continent: 'AS' }, 'wnam'],
  [{ continent: 'EU' }, 'weur'],
  [{}, 'enam'],
  [undefined, 'enam'],
])('%j is in %s', (cf, place) => {
  expect(placeOf(cf)).toBe(place)
})
