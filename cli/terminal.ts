import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Where a command talks to whoever started it. Colours and movement only where they can be seen. */
export interface Terminal {
  style(style: Style, text: string): string
  /** A whole line; one of progress below it stays below. */
  line(text: string, to?: 'stdout' | 'stderr'): void
  /** Says what is being waited for until something else is; undefined when nothing is. */
  progress(what: string | undefined): void
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const CLEAR_LINE = '\r\u001b[2K'

export function terminal(stream: NodeJS.WriteStream | WriteStream): Terminal {
  const moving = Boolean(stream.isTTY)
  let waitingFor: string | undefined
  let timer: NodeJS.Timeout | undefined
  let frame = 0
  // `styleText` itself leaves out colours where the stream is no terminal or NO_COLOR is set.
  const style = (format: Style, text: string) => styleText(format, text, { stream })
  const draw = () => {
    if (!waitingFor) return
    frame = (frame + 1) % FRAMES.length
    stream.write(`${CLEAR_LINE}${style('cyan', FRAMES[frame]!)} ${waitingFor} …`)
  }
  const clear = () => {
    if (moving && waitingFor) stream.write(CLEAR_LINE)
  }
  return {
    style,
    line(text, to = 'stdout') {
      clear()
      ;(to === 'stdout' ? stream : process.stderr).write(`${text}\n`)
      if (moving) draw()
    },
    progress(what) {
      clear()
      clearInterval(timer)
      waitingFor = what
      if (!what) return
      if (!moving) stream.write(`${what} …\n`)
      else {
        draw()
        timer = setInterval(draw, 80).unref()
      }
    },
  }
}
