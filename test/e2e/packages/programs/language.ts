import type { Program } from '../program.ts'

export const LANGUAGE = [
  {
    package: 'async',
    exercised: 'a queue, a waterfall, a limited map',
    source: `const async = require('async')
exports.handler = async ({ who }) => {
  const done = []
  const queue = async.queue((task, next) => setTimeout(() => { done.push(task); next() }, 1), 2)
  queue.push([1, 2, 3])
  await queue.drain()
  const fallen = await async.waterfall([next => next(null, who), (name, next) => next(null, 'hello ' + name)])
  return [done.length, fallen, await async.mapLimit([1, 2, 3], 2, async n => n * 2)]
}`,
    expected: ({ who }) => [3, `hello ${who}`, [2, 4, 6]],
  },
  {
    package: 'bluebird',
    exercised: 'promisified callbacks, a limited map, a timeout, a finally',
    source: `const Promise = require('bluebird'), fs = require('fs')
Promise.promisifyAll(fs)
exports.handler = async ({ who }) => {
  const names = await Promise.map([1, 2, 3], n => Promise.delay(1).return(who + n), { concurrency: 2 })
  const slow = await Promise.delay(500).timeout(5).catch(Promise.TimeoutError, error => error.name)
  const text = await fs.readFileAsync(__filename, 'utf8')
  return [names, slow, text.startsWith("const Promise = require('bluebird')")]
}`,
    expected: ({ who }) => [[1, 2, 3].map(n => who + n), 'TimeoutError', true],
  },
  {
    package: 'chalk',
    exercised: 'coloured text, and plain text without a terminal',
    source: `const chalk = require('chalk')
exports.handler = async ({ who }) => [new chalk.Instance({ level: 1 }).red.bold(who), chalk.green(who)]`,
    expected: ({ who }) => [`\u001b[31m\u001b[1m${who}\u001b[22m\u001b[39m`, who],
  },
  {
    package: 'date-fns',
    exercised: 'dates formatted in a language, added and compared',
    source: `const { format, addDays, differenceInHours, parseISO } = require('date-fns'), { de } = require('date-fns/locale')
exports.handler = async ({ who }) => [who, format(addDays(new Date(2026, 1, 27), 3), 'EEEE, d. MMMM yyyy', { locale: de }), differenceInHours(parseISO('2026-01-02T12:00Z'), parseISO('2026-01-01T00:00Z'))]`,
    expected: ({ who }) => [who, 'Montag, 2. März 2026', 36],
  },
  {
    package: 'dayjs',
    exercised: 'plugins for UTC, time zones and relative time',
    source: `const dayjs = require('dayjs')
for (const name of ['utc', 'timezone', 'relativeTime']) dayjs.extend(require('dayjs/plugin/' + name))
exports.handler = async ({ who }) => [who, dayjs.utc('2026-07-01T12:00Z').tz('America/New_York').format('YYYY-MM-DD HH:mm'), dayjs('2026-01-01').to(dayjs('2026-01-04'))]`,
    expected: ({ who }) => [who, '2026-07-01 08:00', 'in 3 days'],
  },
  {
    package: 'dotenv',
    exercised: 'a file of variables beside the code',
    source: `const dotenv = require('dotenv')
const { parsed } = dotenv.config({ path: __dirname + '/.env', quiet: true })
exports.handler = async ({ who }) => [who, parsed, process.env.GREETING]`,
    files: { '.env': '# greeting\nGREETING="hello\\nthere"\nPLAIN=x # comment\n' },
    expected: ({ who }) => [who, { GREETING: 'hello\nthere', PLAIN: 'x' }, 'hello\nthere'],
  },
  {
    package: 'inversify',
    with: ['reflect-metadata', 'tslib'],
    exercised: 'a class with its dependency injected',
    source: `require('reflect-metadata')
const { __decorate, __param } = require('tslib'), { Container, injectable, inject } = require('inversify')
class Clock { time() { return 12 } }
__decorate([injectable()], Clock)
class Greeter { constructor(clock) { this.clock = clock } greet(who) { return 'hello ' + who + ' at ' + this.clock.time() } }
__decorate([injectable(), __param(0, inject('clock'))], Greeter)
const container = new Container()
container.bind('clock').to(Clock).inSingletonScope()
container.bind(Greeter).toSelf()
exports.handler = async ({ who }) => container.get(Greeter).greet(who)`,
    expected: ({ who }) => `hello ${who} at 12`,
  },
  {
    package: 'lodash',
    exercised: 'groups, deep merges, a template, a debounced call',
    source: `const _ = require('lodash')
exports.handler = async ({ who }) => {
  const said = []
  const debounced = _.debounce(text => said.push(text), 5)
  debounced('a'); debounced(who)
  await new Promise(resolve => setTimeout(resolve, 30))
  return [_.groupBy([1, 2, 3], n => n % 2 ? 'odd' : 'even'), _.merge({ a: { b: 1 } }, { a: { c: who } }), _.template('hello <%= who %>')({ who }), said]
}`,
    expected: ({ who }) => [{ odd: [1, 3], even: [2] }, { a: { b: 1, c: who } }, `hello ${who}`, [who]],
  },
  {
    package: 'lodash-es',
    exercised: 'named imports of some 600 ES modules',
    esm: true,
    source: `import { chunk, kebabCase, sortBy } from 'lodash-es'
export const handler = async ({ who }) => [chunk([1, 2, 3], 2), kebabCase('Hello ' + who), sortBy([3, 1, 2])]`,
    expected: ({ who }) => [[[1, 2], [3]], `hello-${who.toLowerCase()}`, [1, 2, 3]],
  },
  {
    package: 'luxon',
    exercised: 'time zones, languages, intervals',
    source: `const { DateTime, Interval } = require('luxon')
exports.handler = async ({ who }) => {
  const noon = DateTime.fromISO('2026-07-01T12:00:00Z')
  return [who, noon.setZone('Asia/Tokyo').toFormat('yyyy-MM-dd HH:mm ZZ'), noon.setLocale('fr').toFormat('cccc d LLLL'), Interval.fromDateTimes(noon, noon.plus({ hours: 3 })).length('minutes')]
}`,
    expected: ({ who }) => [who, '2026-07-01 21:00 +09:00', 'mercredi 1 juillet', 180],
  },
  {
    package: 'moment',
    exercised: 'dates in a language that is required when it is asked for',
    source: `const moment = require('moment')
exports.handler = async ({ who }) => [who, moment.utc('2026-07-01').locale('de').format('dddd, D. MMMM'), moment.duration(90, 'minutes').humanize()]`,
    expected: ({ who }) => [who, 'Mittwoch, 1. Juli', '2 hours'],
  },
  {
    package: 'nanoid5',
    exercised: 'ids, which differ, and of an own alphabet',
    esm: true,
    source: `import { customAlphabet, nanoid } from 'nanoid'
const made = new Set()
export const handler = async ({ who }) => { const id = nanoid(); const isNew = !made.has(id); made.add(id); return [who, id.length, isNew, /^[ab]{8}$/.test(customAlphabet('ab', 8)())] }`,
    expected: ({ who }) => [who, 21, true, true],
  },
  {
    package: 'nanoid3',
    exercised: 'ids, required as CommonJS',
    source: `const { nanoid } = require('nanoid')
exports.handler = async ({ who }) => [who, nanoid().length, nanoid() !== nanoid()]`,
    expected: ({ who }) => [who, 21, true],
  },
  {
    package: 'p-limit',
    exercised: 'at most two at a time',
    esm: true,
    source: `import pLimit from 'p-limit'
export const handler = async ({ who }) => {
  const limit = pLimit(2)
  let running = 0, most = 0
  const work = n => limit(async () => { most = Math.max(most, ++running); await new Promise(r => setTimeout(r, 2)); running--; return who + n })
  return [await Promise.all([1, 2, 3, 4].map(work)), most]
}`,
    expected: ({ who }) => [[1, 2, 3, 4].map(n => who + n), 2],
  },
  {
    package: 'pino',
    exercised: 'log lines on the standard output, redacted, from a child logger',
    source: `const pino = require('pino')
const logger = pino({ redact: ['password'] })
exports.handler = async ({ who }) => {
  const lines = []
  pino({ base: null, timestamp: false }, { write: line => lines.push(JSON.parse(line)) }).warn({ who }, 'careful')
  logger.child({ part: 'orders' }).info({ password: 'secret' }, 'placed')
  return lines
}`,
    expected: ({ who }) => [{ level: 40, who, msg: 'careful' }],
    logs: /"part":"orders","password":"\[Redacted\]","msg":"placed"/,
  },
  {
    package: 'ramda',
    exercised: 'curried and composed functions',
    source: `const R = require('ramda')
exports.handler = async ({ who }) => [R.pipe(R.filter(R.gt(R.__, 1)), R.map(R.multiply(2)))([1, 2, 3]), R.assocPath(['a', 'b'], who, {})]`,
    expected: ({ who }) => [[4, 6], { a: { b: who } }],
  },
  {
    package: 'reflect-metadata',
    exercised: 'metadata on classes and members',
    source: `require('reflect-metadata')
class Person { greet() {} }
Reflect.defineMetadata('role', 'admin', Person.prototype, 'greet')
exports.handler = async ({ who }) => { const one = {}; Reflect.defineMetadata('who', who, one); return [Reflect.getMetadata('role', Person.prototype, 'greet'), Reflect.getMetadata('who', one)] }`,
    expected: ({ who }) => ['admin', who],
  },
  {
    package: 'rxjs',
    exercised: 'streams merged, delayed and collected',
    source: `const { from, interval, lastValueFrom, merge } = require('rxjs'), { map, take, toArray, delay } = require('rxjs/operators')
exports.handler = async ({ who }) => lastValueFrom(merge(from([1, 2]).pipe(map(n => who + n)), interval(2).pipe(take(2), delay(5))).pipe(toArray()))`,
    expected: ({ who }) => [`${who}1`, `${who}2`, 0, 1],
  },
  {
    package: 'semver',
    exercised: 'ranges, order, increments',
    source: `const semver = require('semver')
exports.handler = async ({ who }) => [who, semver.satisfies('1.2.3', '^1.1'), ['1.10.0', '1.9.0'].sort(semver.compare), semver.inc('1.2.3-rc.1', 'patch')]`,
    expected: ({ who }) => [who, true, ['1.9.0', '1.10.0'], '1.2.3'],
  },
  {
    package: 'tslib',
    exercised: 'what TypeScript compiles classes, iterators and awaits to',
    source: `const { __awaiter, __generator, __extends, __rest, __spreadArray } = require('tslib')
const Base = (function () { function Base(n) { this.n = n } return Base })()
const Sub = (function (_super) { __extends(Sub, _super); function Sub() { return _super !== null && _super.apply(this, arguments) || this } return Sub })(Base)
exports.handler = event => __awaiter(void 0, void 0, void 0, function () {
  return __generator(this, function (_a) {
    switch (_a.label) {
      case 0: return [4, Promise.resolve(event.who)]
      case 1: return [2, [_a.sent(), new Sub(3).n, __rest({ a: 1, b: 2 }, ['a']), __spreadArray([1], [2], false)]]
    }
  })
})`,
    expected: ({ who }) => [who, 3, { b: 2 }, [1, 2]],
  },
  {
    package: 'ulid',
    exercised: 'ids in the order of time',
    source: `const { ulid, decodeTime, monotonicFactory } = require('ulid')
exports.handler = async ({ who }) => { const next = monotonicFactory(); const [a, b] = [next(5), next(5)]; return [who, ulid().length, decodeTime(ulid(1469918176385)), a < b] }`,
    expected: ({ who }) => [who, 26, 1469918176385, true],
  },
  {
    package: 'uuid8',
    exercised: 'versions 1, 4 and 5',
    source: `const { v1, v4, v5, validate, version } = require('uuid')
exports.handler = async ({ who }) => [v4() !== v4(), validate(v4()), version(v1()), v5(who, v5.URL) === v5(who, v5.URL), v5('x', v5.DNS)]`,
    expected: () => [true, true, 1, true, '05b16a01-46c6-56dd-bd6e-c6dfb4a1427a'],
  },
  {
    package: 'uuid11',
    exercised: 'versions 4, 5 and 7',
    esm: true,
    source: `import { v4, v5, v7, version } from 'uuid'
export const handler = async ({ who }) => [who, version(v4()), version(v7()), v7() < v7(), v5('x', v5.DNS)]`,
    expected: ({ who }) => [who, 4, 7, true, '05b16a01-46c6-56dd-bd6e-c6dfb4a1427a'],
  },
  {
    package: 'winston',
    exercised: 'log lines as JSON on the console, and in a file under /tmp',
    source: `const winston = require('winston'), fs = require('fs')
exports.handler = async ({ who }) => {
  const file = '/tmp/' + who + '-' + Date.now() + '.log'
  const logger = winston.createLogger({ format: winston.format.json(), defaultMeta: { service: 'orders' }, transports: [new winston.transports.Console(), new winston.transports.File({ filename: file })] })
  logger.info('placed', { who })
  const finished = new Promise(resolve => logger.transports[1].on('finish', resolve))
  logger.end()
  await finished
  return JSON.parse(fs.readFileSync(file, 'utf8'))
}`,
    expected: ({ who }) => ({ level: 'info', message: 'placed', service: 'orders', who }),
    logs: /"service":"orders"/,
  },
] as const satisfies readonly Program[]
