import { expect, test } from 'vitest'
import { addressGroup } from '../../src/lib/address-group.ts'

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::ffff:203.0.113.9', '::ffff:203.0.113.9'],
])('requests from %s are counted with those from %s', (address, group) => {
  expect(addressGroup(address)).toBe(group)
})
