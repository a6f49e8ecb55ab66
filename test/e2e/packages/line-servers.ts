import { createServer, type Server, type Socket } from 'node:net'

/** A server whose clients send lines: `answer` gets one at a time, without its end. */
async function startLineServer(connected: (socket: Socket) => (line: string) => void): Promise<Server> {
  const server = createServer(socket => {
    const take = connected(socket)
    let rest = ''
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\r\n')
      rest = lines.pop()!
      for (const line of lines) take(line)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

/** Redis as far as a client needs it that sets, gets and counts: https://redis.io/docs/latest/develop/reference/protocol-spec/ */
export function startRedis(): Promise<Server> {
  const kept = new Map<string, string>()
  const bulk = (value: string | undefined) =>
    value === undefined ? '$-1\r\n' : `$${Buffer.byteLength(value)}\r\n${value}\r\n`
  const answer = ([command, key = '', value = '']: string[]): string => {
    switch (command!.toLowerCase()) {
      case 'set':
        kept.set(key, value)
        return '+OK\r\n'
      case 'get':
        return bulk(kept.get(key))
      case 'incrby': {
        const sum = Number(kept.get(key) ?? 0) + Number(value)
        kept.set(key, String(sum))
        return `:${sum}\r\n`
      }
      case 'info':
        return bulk('redis_version:8.0.0\r\nloading:0\r\n')
      case 'client':
      case 'quit':
        return '+OK\r\n'
      default:
        return `-ERR unknown command '${command}'\r\n`
    }
  }
  return startLineServer(socket => {
    let missing = 0
    let words: string[] = []
    return line => {
      if (missing === 0) missing = Number(line.slice(1))
      else if (!line.startsWith('$')) {
        words.push(line)
        if (words.length < missing) return
        socket.write(answer(words))
        if (words[0]!.toLowerCase() === 'quit') socket.end()
        missing = 0
        words = []
      }
    }
  })
}

/** A mail server that takes every mail and says for whom: https://www.rfc-editor.org/rfc/rfc5321 */
export function startMailServer(): Promise<Server> {
  return startLineServer(socket => {
    let recipient = ''
    let isMail = false
    socket.write('220 mail.example.com\r\n')
    return line => {
      if (isMail) {
        if (line !== '.') return
        isMail = false
        socket.write(`250 taken for ${recipient}\r\n`)
        return
      }
      const verb = line.slice(0, 4).toUpperCase()
      if (verb === 'RCPT') recipient = /<.*>/.exec(line)![0]
      isMail = verb === 'DATA'
      socket.write(isMail ? '354 go on\r\n' : verb === 'QUIT' ? '221 bye\r\n' : '250 fine\r\n')
      if (verb === 'QUIT') socket.end()
    }
  })
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await startLineServer(() => () => {})
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
