// A module of its own, which only loaded workers get whose package has WebAssembly in it.
import { wasmKey } from '../../prepare/extract-wasm.ts'
import { WASM_MODULES } from '../shim-manifest.ts'
import type { NativeRequire } from './package-files.ts'

/**
 * Lets programs compile the WebAssembly of their package from its bytes, as they do on Node. Workers make no machine
 * code at run time; what is asked for was compiled with the upload, and is found by its length and checksum.
 */
export function useUploadedWasm(keys: readonly string[], require: NativeRequire): void {
  const known = new Set(keys)
  const find = (source: unknown): WebAssembly.Module | undefined => {
    const bytes = bytesOf(source)
    if (!bytes) return undefined
    const key = wasmKey(bytes)
    return known.has(key) ? (require(`./${WASM_MODULES}${key}.wasm`) as WebAssembly.Module) : undefined
  }
  const { Module, Instance, compile, instantiate, validate } = WebAssembly as unknown as Original
  const instantiateAny = async (source: unknown, imports?: object) => {
    if (source instanceof Module) return new Instance(source, imports)
    const module = find(source)
    return module ? { module, instance: new Instance(module, imports) } : instantiate(source, imports)
  }
  const compileAny = async (source: unknown) => find(source) ?? compile(source)
  const bodyOf = async (response: Response | Promise<Response>) => (await response).arrayBuffer()
  Object.assign(WebAssembly, {
    Module: new Proxy(Module, {
      construct: (target, [source]: [unknown]) => find(source) ?? new target(source),
    }),
    compile: compileAny,
    compileStreaming: async (response: Response) => compileAny(await bodyOf(response)),
    instantiate: instantiateAny,
    instantiateStreaming: async (response: Response, imports?: object) =>
      instantiateAny(await bodyOf(response), imports),
    validate: (source: unknown) => find(source) !== undefined || validate(source),
  })
}

/** Wider than the platform's types, which know that these take no bytes. */
interface Original {
  Module: new (source: unknown) => WebAssembly.Module
  Instance: new (module: WebAssembly.Module, imports?: object) => WebAssembly.Instance
  compile(source: unknown): Promise<WebAssembly.Module>
  instantiate(source: unknown, imports?: object): Promise<unknown>
  validate(source: unknown): boolean
}

function bytesOf(source: unknown): Uint8Array | undefined {
  if (source instanceof ArrayBuffer) return new Uint8Array(source)
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  return undefined
}
