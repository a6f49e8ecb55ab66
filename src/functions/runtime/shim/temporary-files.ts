import type fs from 'node:fs'
import type { Stats } from 'node:fs'

type Disk = Pick<
  typeof fs,
  | 'lstatSync'
  | 'mkdirSync'
  | 'readdirSync'
  | 'readFileSync'
  | 'readlinkSync'
  | 'symlinkSync'
  | 'writeFileSync'
>

const DIRECTORY = '/tmp'

/** An isolate has 128 MB for everything; more than this is not kept at all. */
export const KEPT_BYTES = 16 * 1024 * 1024

/** `undefined`: a directory. */
type Content = Uint8Array | string | undefined

/**
 * Keeps what functions write to /tmp from one call to the next, as an environment of Lambda does, whatever becomes of
 * its process: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html. workerd's /tmp lasts as
 * long as the call.
 */
export class TemporaryFiles {
  readonly #disk: Disk
  #kept = new Map<string, Content>()
  /** Sizes and times of the kept files, where they are again: what is unchanged need not be read. */
  #known = new Map<string, string>()
  #isThere = false

  constructor(disk: Disk) {
    // The platform's own functions: those that programs get come here themselves.
    const { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } = disk
    this.#disk = { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync }
  }

  beginCall(): void {
    this.#isThere = false
    this.#known.clear()
  }

  /** A program is about to look into /tmp. */
  restore(): void {
    if (this.#isThere) return
    this.#isThere = true
    for (const [path, content] of this.#kept) {
      if (content === undefined) this.#disk.mkdirSync(path)
      else if (typeof content === 'string') this.#disk.symlinkSync(content, path)
      else {
        this.#disk.writeFileSync(path, content)
        this.#known.set(path, stampOf(this.#disk.lstatSync(path)))
      }
    }
  }

  endCall(): void {
    if (!this.#isThere) return
    const kept = new Map<string, Content>()
    this.#kept = this.#gather(DIRECTORY, kept, 0) > KEPT_BYTES ? new Map() : kept
  }

  /** The bytes so far; ends early when they are too many. */
  #gather(directory: string, into: Map<string, Content>, before: number): number {
    let bytes = before
    for (const name of this.#disk.readdirSync(directory)) {
      if (bytes > KEPT_BYTES) return bytes
      const path = `${directory}/${name}`
      const stats = this.#disk.lstatSync(path)
      if (stats.isDirectory()) {
        into.set(path, undefined)
        bytes = this.#gather(path, into, bytes)
      } else if (stats.isSymbolicLink()) into.set(path, this.#disk.readlinkSync(path))
      else {
        bytes += stats.size
        if (bytes <= KEPT_BYTES) into.set(path, this.#read(path, stats))
      }
    }
    return bytes
  }

  #read(path: string, stats: Stats): Uint8Array {
    const known = this.#kept.get(path)
    if (known instanceof Uint8Array && this.#known.get(path) === stampOf(stats)) return known
    return this.#disk.readFileSync(path)
  }
}

const stampOf = ({ size, mtimeMs, ctimeMs }: Stats): string => `${size} ${mtimeMs} ${ctimeMs}`
