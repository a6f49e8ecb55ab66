// A module of its own, which is compiled when a function requires `net` or `tls`.
import { type ConnectOptions, normalizeArguments, Socket } from './socket.ts'
import { TLSSocket, type TlsOptions } from './tls-socket.ts'

export { closeConnections } from './socket.ts'

type Module = Record<string, unknown>

/** Sockets that tell when a connection fails, and why; workerd's own, here, count as open before they are. */
export function changeNet(module: Module): void {
  const connect = (...args: unknown[]) => {
    const [options, callback] = normalizeArguments(args)
    return new Socket(options).connect(options, callback)
  }
  Object.assign(module, { Socket, Stream: Socket, connect, createConnection: connect })
}

export function changeTls(module: Module): void {
  const Original = module.TLSSocket as new (socket: unknown, options: object) => StreamSocket
  // Called with a stream of another kind, as http2-wrapper does to find a class of Node's.
  const Chosen = new Proxy(TLSSocket, {
    construct(target, [socket, options]: [unknown, object], newTarget) {
      if (socket && !(socket instanceof Socket)) return overStream(new Original(socket, options))
      return Reflect.construct(target, [socket, options], newTarget) as object
    },
  })
  const connect = (...args: unknown[]) => {
    const [given, callback] = normalizeArguments(args)
    const extra = args.find((part, at) => at > 0 && typeof part === 'object' && part !== null)
    const options = { ...given, ...(extra as ConnectOptions) } as TlsOptions
    const socket = new Chosen(options.socket, options)
    if (callback) socket.once('secureConnect', callback)
    return options.socket ? socket : socket.connect(options)
  }
  Object.assign(module, { TLSSocket: Chosen, connect })
}

interface StreamSocket {
  _handle: object | null
  _parentWrap: object
}

/** Node shows the wrapped stream there. */
function overStream(socket: StreamSocket): StreamSocket {
  if (socket._handle) Object.assign(socket._handle, { _parentWrap: socket._parentWrap })
  return socket
}
