import type { Env } from './env.ts'
import type { Terminal } from './functions/process/terminal.ts'
import { consoleSink, type LogSink } from './gateway/logs/log-sink.ts'
import { terminalLines } from './gateway/logs/terminal-lines.ts'

/**
 * Where the logs of stages go: with what the Worker prints, which Cloudflare keeps as its operator has set; and under
 * the development server into its terminal.
 */
export function gatewayLogSink(env: Env, terminal: Terminal | undefined): LogSink {
  if (!terminal) return consoleSink
  return {
    write(lines) {
      if (env.WEIR_PRINT_LOGS === '0') return
      const shown = terminalLines(lines)
      if (shown) terminal.print(shown)
    },
  }
}
