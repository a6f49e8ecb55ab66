/** As often as the schedule in wrangler.toml: wrangler leaves it to whoever develops (its documentation says so). */
const EVERY_MS = 60_000

/** Does locally what the platform's cron does for a deployed Weir. It never keeps the process alive. */
export function triggerSchedule(address: string): void {
  const trigger = async () => {
    try {
      const response = await fetch(`${address}/cdn-cgi/local/scheduled`)
      await response.body?.cancel()
    } catch {
      // The server is being restarted or has ended; the next minute comes.
    }
  }
  void trigger()
  setInterval(trigger, EVERY_MS).unref()
}
