import { WRAPPER_START } from '../../prepare/wrapper-text.ts'
import { fileUrl, type PackageFiles } from './package-files.ts'

/** Modules of a loaded worker are named by URLs under this. */
const BUNDLE = 'file:///bundle/'

/**
 * Makes stack frames name files where Lambda has them: `/var/task/index.js:3:7`, and as URL for ES modules.
 * A program may install its own `Error.prepareStackTrace`, as source-map libraries do.
 */
export function nameFilesInStacks(files: PackageFiles): void {
  Error.prepareStackTrace = (error, sites) => {
    let text: string
    try {
      text = String(error)
    } catch {
      text = '<error>'
    }
    for (const site of sites) {
      const frame = String(site)
      if (frame !== 'Generator.next (<anonymous>)') text += `\n    at ${relocate(frame, files)}`
    }
    return text
  }
}

export function relocate(frame: string, files: PackageFiles): string {
  if (!frame.includes(BUNDLE)) return frame
  return frame.replace(
    /file:\/\/\/bundle\/([^:)]*):(\d+):(\d+)/g,
    (_, encoded: string, line: string, column: string) => {
      const path = `/${decodeURIComponent(encoded)}`
      const kind = files.kind(path)
      let at = Number(column)
      if (line === '1') {
        const added = files.offsets.get(path) || (kind === 'c' ? WRAPPER_START.length : 0)
        if (at > added) at -= added
      }
      return `${kind === 'c' ? path : fileUrl(path)}:${line}:${at}`
    },
  )
}
