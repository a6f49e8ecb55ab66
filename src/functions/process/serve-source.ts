import { sameBytes } from '../../lib/same-bytes.ts'
import type { CodeSource } from '../code-source.ts'
import { KeyUnusable } from '../key-unusable.ts'
import type { Manifest } from '../manifest.ts'
import type { ControlPlaneDoor } from '../outbound.ts'
import {
  type ForwardedCall,
  KEY_UNUSABLE_STATUS,
  ROLE_CALL_HEADER,
  SOURCE,
  TOKEN_HEADER,
} from './protocol.ts'
import { largePieces, lengthBefore } from './take-bytes.ts'

export interface SourceServer {
  readonly source: CodeSource
  readonly controlPlane: ControlPlaneDoor
  /** Absent: no process works for this Weir, and nobody is answered. */
  readonly token: string | undefined
}

/** Answers what the function process asks of Weir: versions to run, and functions' calls of AWS services. */
export async function serveSource(
  request: Request,
  { source, controlPlane, token }: SourceServer,
): Promise<Response> {
  if (!isToken(request.headers.get(TOKEN_HEADER), token)) return new Response('not yours\n', { status: 403 })
  switch (new URL(request.url).pathname.slice(SOURCE.length)) {
    case 'manifest': {
      const text = await source.manifest(await request.text())
      return text === undefined ? NOT_FOUND() : new Response(text)
    }
    case 'code': {
      const stored = await source.code(await request.text())
      if (!stored) return NOT_FOUND()
      const index = lengthBefore(new TextEncoder().encode(JSON.stringify(stored.index)))
      const { readable, writable } = new FixedLengthStream(index.length + stored.size)
      const writer = writable.getWriter()
      const send = async () => {
        await writer.write(index)
        for await (const piece of largePieces(stored.archive)) await writer.write(piece)
        await writer.close()
      }
      // Whoever reads it learns that it is not whole.
      send().catch(error => writer.abort(error).catch(() => {}))
      return new Response(readable)
    }
    case 'variables':
      try {
        return Response.json(await source.variables((await request.json()) as Manifest))
      } catch (error) {
        if (!(error instanceof KeyUnusable)) throw error
        const { code, message } = error
        return Response.json({ code, message }, { status: KEY_UNUSABLE_STATUS })
      }
    case 'aws': {
      const { url, method, call } = JSON.parse(request.headers.get(ROLE_CALL_HEADER)!) as ForwardedCall
      const headers = new Headers(request.headers)
      for (const name of [TOKEN_HEADER, ROLE_CALL_HEADER, 'host']) headers.delete(name)
      const body = method === 'GET' || method === 'HEAD' ? null : request.body
      return controlPlane(new Request(url, { method, headers, body, redirect: 'manual' }), call)
    }
    default:
      return NOT_FOUND()
  }
}

const NOT_FOUND = () => new Response('not found\n', { status: 404 })

/** In a time that says nothing about where two texts differ. */
export function isToken(given: string | null, token: string | undefined): boolean {
  if (given === null || !token) return false
  const utf8 = new TextEncoder()
  return sameBytes(utf8.encode(given), utf8.encode(token))
}
