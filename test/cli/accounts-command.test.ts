import { describe, expect, test } from 'vitest'
import { readCommand } from '../../cli/accounts/read-command.ts'

const AWS = { AWS_ACCESS_KEY_ID: 'owner', AWS_SECRET_ACCESS_KEY: 'secret' }

describe('npm run accounts', () => {
  test('reads what is to become of limits', () => {
    const flags = ['--rate', '0.5', '--burst', '20', '--when-unreachable', 'pass']
    expect(readCommand(['limits', '123456789012', ...flags], {}).limits).toEqual({
      rate: 0.5,
      burst: 20,
      whenUnreachable: 'pass',
    })
  })

  test('speaks to the Weir of this machine with its known keys, unless it is told otherwise', () => {
    expect(readCommand(['create', 'team blue'], {})).toEqual({
      verb: 'create',
      args: ['team blue'],
      url: 'http://localhost:8787',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      force: false,
      yes: false,
      limits: {},
    })
    for (const url of [['--url', 'https://weir.example.com/'], ['--url=https://weir.example.com']]) {
      expect(readCommand(['delete', '123456789012', '--force', ...url, '--yes'], AWS)).toEqual({
        verb: 'delete',
        args: ['123456789012'],
        url: 'https://weir.example.com',
        credentials: { accessKeyId: 'owner', secretAccessKey: 'secret' },
        force: true,
        yes: true,
        limits: {},
      })
    }
  })

  test('never offers the known keys to a Weir elsewhere', () => {
    expect(() => readCommand(['list', '--url', 'https://weir.example.com'], {})).toThrow(
      'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    )
    expect(readCommand(['list'], { ...AWS, AWS_SESSION_TOKEN: 't' }).credentials.sessionToken).toBe('t')
  })

  test.each([[[]], [['create']], [['create', 'a', 'b']], [['remove', 'x']], [['toString']]])(
    'shows how it is used when it is given %j',
    given => {
      expect(() => readCommand(given, {})).toThrow('npm run accounts -- create NAME')
    },
  )

  test('says which flag or address it does not understand', () => {
    expect(() => readCommand(['list', '--all'], {})).toThrow('There is no --all.')
    expect(() => readCommand(['limits', '123456789012', '--rate', 'fast'], {})).toThrow("not 'fast'")
    expect(() => readCommand(['limits', '123456789012', '--burst', '1.5'], {})).toThrow('a whole number')
    expect(() => readCommand(['keys', '123456789012', '--rate', '5'], {})).toThrow('keys changes no limits.')
    expect(() => readCommand(['list', '--url', 'weir'], {})).toThrow("not 'weir'")
  })
})
