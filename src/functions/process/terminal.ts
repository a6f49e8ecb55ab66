import { PRINT, TOKEN_HEADER } from './protocol.ts'

export interface TerminalOptions {
  /** Of the supervisor: `http://127.0.0.1:40001` */
  readonly address: string
  readonly token: string
  /** Work that may outlive the request. */
  readonly defer: (work: Promise<unknown>) => void
}

/** Characters that wait to be printed; what comes then is left out, and said to be. */
const MOST_WAITING = 1024 * 1024

/**
 * The terminal in which the development server was started. Wrangler shows there what a Worker writes, but either with
 * a line for every request, too, or dressed up as an error; the supervisor shows it as it is.
 */
export class Terminal {
  readonly #options: TerminalOptions
  #waiting = ''
  #isCut = false
  #isSending = false

  constructor(options: TerminalOptions) {
    this.#options = options
  }

  /** Returns at once. Lines of calls that end at the same time are sent together, and never cut in two. */
  print(lines: string): void {
    if (this.#waiting.length + lines.length <= MOST_WAITING) this.#waiting += `${lines}\n`
    else if (!this.#isCut) {
      this.#isCut = true
      this.#waiting += '(more was written than could be shown)\n'
    }
    if (this.#isSending) return
    this.#isSending = true
    this.#options.defer(this.#send())
  }

  async #send(): Promise<void> {
    const { address, token } = this.#options
    try {
      while (this.#waiting !== '') {
        const body = this.#waiting
        this.#waiting = ''
        this.#isCut = false
        await (
          await fetch(`${address}${PRINT}`, { method: 'POST', headers: { [TOKEN_HEADER]: token }, body })
        ).text()
      }
    } catch {
      // Whoever ends the server ends the supervisor with it; nobody looks any more.
    } finally {
      this.#isSending = false
    }
  }
}
