import { expect, test } from 'vitest'
import { isEmail } from '../../../../src/identity/user-pools/users/attributes.ts'

test.each(['ann@example.com', 'a+b.c@x.co', 'ann@localhost', 'é@ü.example', "o'neil@x.example"])(
  '%s is an address',
  text => expect(isEmail(text)).toBe(true),
)

test.each([
  'ann',
  'ann@',
  '@example.com',
  'ann@example..com',
  'ann bob@example.com',
  'ann<bob@b.example>',
  'ann,bob@b.example',
  '"ann"@b.example',
  'ann\u0000@b.example',
  'ann@b.example\r\nBcc:bob@b.example',
  `${'a'.repeat(65)}@b.example`,
])('%j is none', text => expect(isEmail(text)).toBe(false))
