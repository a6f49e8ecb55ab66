/** Does `job` `times` times with at most `workers` at once; results in the order of their numbers. */
export async function inParallel<T>(
  workers: number,
  times: number,
  job: (number: number) => Promise<T>,
): Promise<T[]> {
  const results = new Array<T>(times)
  let next = 0
  const work = async () => {
    while (next < times) {
      const number = next++
      results[number] = await job(number)
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, times) }, work))
  return results
}

/** Repeats `job` on `workers` loops until `ended` says so. */
export async function keepDoing(
  workers: number,
  ended: () => boolean,
  job: () => Promise<unknown>,
): Promise<void> {
  const work = async () => {
    while (!ended()) await job()
  }
  await Promise.all(Array.from({ length: workers }, work))
}

/** Four standard deviations round the expected number of hits: a fair draw misses it once in 16,000 runs. */
export function fairRange(draws: number, probability: number): { least: number; most: number } {
  const expected = draws * probability
  const deviation = Math.sqrt(draws * probability * (1 - probability))
  return { least: Math.ceil(expected - 4 * deviation), most: Math.floor(expected + 4 * deviation) }
}
