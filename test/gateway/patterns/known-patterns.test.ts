import { describe, expect, it } from 'vitest'
import { knownPattern } from '../../../src/gateway/patterns/known-patterns.ts'

describe('known patterns', () => {
  it('are made ready once, with the flags that were asked for', () => {
    expect(knownPattern('^a$')).toBe(knownPattern('^a$'))
    expect(knownPattern('^a$', 'i')).not.toBe(knownPattern('^a$'))
    expect([knownPattern('^a$').test('A'), knownPattern('^a$', 'i').test('A')]).toEqual([false, true])
  })

  it('keep no expressions that are invalid, or that would take all the room', () => {
    for (let i = 0; i < 2; i += 1) expect(() => knownPattern('(')).toThrow(SyntaxError)
    const long = 'a'.repeat(10_001)
    expect(knownPattern(long)).not.toBe(knownPattern(long))
    expect(knownPattern(long).test(long)).toBe(true)
  })

  it('make way for others', () => {
    const first = knownPattern('first')
    for (let i = 0; i < 100; i += 1) knownPattern(`${i}${'x'.repeat(200)}`)
    expect(knownPattern('first')).not.toBe(first)
  })

  it('find all places each time that they are asked', () => {
    const places = () => [...knownPattern('b').matches('abcb')].map(({ index }) => index)
    expect(places()).toEqual([1, 3])
    expect(places()).toEqual([1, 3])
  })
})
