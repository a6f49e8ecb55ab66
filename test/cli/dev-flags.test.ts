import { describe, expect, it } from 'vitest'
import { readDevFlags } from '../../cli/dev-flags.ts'

const read = (...args: string[]) => readDevFlags(args, '/home/me')

describe('the flags of npm run dev', () => {
  it('have defaults', () => {
    expect(read()).toEqual({
      port: 8787,
      persistTo: '/home/me/.weir',
      host: 'localhost',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      passedOn: [],
    })
  })

  it('may be written with a space or an equals sign, and the last of two counts', () => {
    expect(read('--port', '80', '--port=8080', '--persist-to=data')).toMatchObject({
      port: 8080,
      persistTo: '/home/me/data',
    })
    expect(read('--persist-to', '/var/weir').persistTo).toBe('/var/weir')
  })

  it('are all passed on to wrangler, but for the two that Weir sets itself', () => {
    const others = ['--var', 'A:1', '--inspector-port=9229', '--live-reload']
    expect(read('--var', 'A:1', '--port', '80', '--inspector-port=9229', '--live-reload').passedOn).toEqual(
      others,
    )
  })

  it('say where to reach the server, which a wildcard does not', () => {
    expect(read('--ip', '0.0.0.0').host).toBe('localhost')
    expect(read('--ip=192.168.1.7')).toMatchObject({ host: '192.168.1.7', passedOn: ['--ip=192.168.1.7'] })
  })

  it('carry the credentials that the server was given', () => {
    expect(read('--var', 'WEIR_LOCAL_CREDENTIALS:me:secret,you:other').credentials).toEqual({
      accessKeyId: 'me',
      secretAccessKey: 'secret',
    })
  })
})
