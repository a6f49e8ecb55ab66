import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { functionReference, unqualified } from '../../../../src/functions/control/function-reference.ts'

const caller = {
  account: { id: '123456789012', region: 'eu-central-1' },
  arn: 'arn:aws:iam::123456789012:root',
  operation: 'GetFunction',
}
const read = (text: string, qualifier?: string) => functionReference(text, qualifier, caller)

const names = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-_]{0,63}$/).filter(name => name !== 'function')
const qualifiers = fc.oneof(
  fc.constant('$LATEST'),
  fc.integer({ min: 1, max: 9999 }).map(String),
  fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-_]{0,20}$/),
)
const prefixes = [
  '',
  'function:',
  '123456789012:',
  '123456789012:function:',
  'eu-central-1:123456789012:function:',
  'arn:aws:lambda:eu-central-1:123456789012:function:',
]

describe('a function reference', () => {
  it('is read from every form, with and without a qualifier', () => {
    fc.assert(
      fc.property(names, fc.option(qualifiers, { nil: undefined }), (name, qualifier) => {
        for (const prefix of prefixes) {
          const text = `${prefix}${name}${qualifier ? `:${qualifier}` : ''}`
          expect(read(text)).toEqual({ name, qualifier })
        }
      }),
    )
  })

  it('takes the qualifier from either place, and from both if they agree', () => {
    expect(read('f', 'prod')).toEqual({ name: 'f', qualifier: 'prod' })
    expect(read('f:prod')).toEqual({ name: 'f', qualifier: 'prod' })
    expect(read('f:prod', 'prod')).toEqual({ name: 'f', qualifier: 'prod' })
    expect(() => read('f:prod', '1')).toThrow(
      'The derived qualifier from the function name does not match the specified qualifier.',
    )
  })

  it('reads twelve digits alone as a name, and as an account only before one', () => {
    expect(read('123456789012')).toEqual({ name: '123456789012' })
    expect(read('123456789012:f')).toEqual({ name: 'f' })
  })

  it('does not leave the caller’s region and account', () => {
    expect(() => read('arn:aws:lambda:us-east-1:123456789012:function:f')).toThrow(
      "Functions from 'us-east-1' are not reachable in this region ('eu-central-1')",
    )
    expect(() =>
      functionReference('210987654321:function:f:1', undefined, { ...caller, operation: 'Invoke' }),
    ).toThrow(
      'User: arn:aws:iam::123456789012:root is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-central-1:210987654321:function:f:1 because no resource-based policy allows the lambda:InvokeFunction action',
    )
  })

  it('throws nothing but refusals, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...':$arnLATEST-09.fu\n*') }), text => {
        try {
          expect(read(text).name.length).toBeGreaterThan(0)
        } catch (error) {
          expect((error as { code?: string }).code).toBeTypeOf('string')
        }
      }),
    )
  })

  it('names a whole function only without a version or an alias', () => {
    expect(unqualified(read('f'))).toBe('f')
    expect(unqualified(read('f:$LATEST'))).toBe('f')
    expect(() => unqualified(read('f:1'))).toThrow('This operation is permitted on Lambda functions only.')
  })
})
