import { describe, expect, test } from 'vitest'
import { isPrivateHost } from '../../src/lib/private-host.ts'

const hostOf = (url: string) => new URL(url).hostname

describe('isPrivateHost', () => {
  test.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://localhost/',
    'http://a.localhost./',
    'http://10.1.2.3/',
    'http://172.31.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/',
    'http://0.0.0.0/',
    'http://224.0.0.1/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://[ff02::1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://metadata.google.internal/',
    'http://printer.local/',
    'http://intranet/',
  ])('%s stays inside', url => expect(isPrivateHost(hostOf(url))).toBe(true))

  test.each([
    'http://example.com/',
    'http://8.8.8.8/',
    'http://172.32.0.1/',
    'http://100.128.0.1/',
    'http://[2606:4700::1111]/',
    'http://[::ffff:8.8.8.8]/',
  ])('%s is public', url => expect(isPrivateHost(hostOf(url))).toBe(false))

  // Sockets are asked for by whatever a program writes.
  test.each([
    '127.1',
    '0x7f000001',
    '0177.0.0.1',
    '2130706433.',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[0:0:0:0:0:ffff:a00:1]',
    '[2002:7f00:1::]',
    '[fe80::1%eth0]',
    'LOCALHOST',
    '\uff11\uff12\uff17.0.0.1',
    'example.com@127.0.0.1',
    '127.0.0.1/.example.com',
    '127.0.0.1#.example.com',
    'a b.example.com',
    '',
  ])('%s stays inside however it is written', host => expect(isPrivateHost(host)).toBe(true))

  test.each(['Example.com', '8.8.8.8', '[2606:4700:0:0:0:0:0:1111]', '[2002:808:808::]', 'db_1.example.com'])(
    '%s is public however it is written',
    host => expect(isPrivateHost(host)).toBe(false),
  )
})
