/** As Java's `Date` writes it: `Thu Sep 05 04:56:39 UTC 2019`. */
export function utcDateText(epochMs: number): string {
  // `Thu, 05 Sep 2019 04:56:39 GMT`
  const [, weekday, day, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(
    new Date(epochMs).toUTCString(),
  )!
  return `${weekday} ${month} ${day} ${time} UTC ${year}`
}
