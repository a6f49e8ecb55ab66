import type { AlarmState } from '../alarm-state.ts'

/** What a composite alarm's rule says, taken apart. Names are as they were written: an alarm's name or its ARN. */
export type AlarmRule =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'state'; readonly state: AlarmState; readonly alarm: string }
  | { readonly kind: 'not'; readonly of: AlarmRule }
  | { readonly kind: 'and' | 'or'; readonly all: readonly AlarmRule[] }
  | {
      readonly kind: 'at-least'
      /** How many, or what share of them, up to 1. */
      readonly count: number | { readonly share: number }
      readonly state: AlarmState
      readonly negated: boolean
      readonly alarms: readonly string[]
    }

/** What is wrong with a rule, and at which character. */
export interface RuleTrouble {
  readonly message: string
  readonly at: number
}

/** "Metric alarms and composite alarms ... as many as 100"; "as many as 500 elements". */
const MOST_ALARMS = 100
const MOST_ELEMENTS = 500

/** Parentheses and NOTs in each other. A rule has 10,240 characters, and each level costs stack. */
const DEEPEST = 200

const STATES: readonly AlarmState[] = ['ALARM', 'OK', 'INSUFFICIENT_DATA']

class Trouble extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

interface Token {
  /** `word`: an operator, a function or an alarm's name without quotes. */
  readonly kind: 'word' | 'quoted' | '(' | ')' | ',' | 'end'
  readonly text: string
  readonly at: number
}

/**
 * Reads the rule of a composite alarm: `ALARM(a) AND (OK("b c") OR NOT INSUFFICIENT_DATA(d))`, `TRUE`,
 * `AT_LEAST(2, ALARM, (a, b, c))`. NOT binds closest, then AND, then OR.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
export function parseAlarmRule(text: string): AlarmRule | RuleTrouble {
  try {
    const rule = new Parser(tokensOf(text)).whole()
    const alarms = alarmsOfRule(rule)
    if (new Set(alarms).size > MOST_ALARMS) {
      throw new Trouble(`a rule refers to ${MOST_ALARMS} alarms at most`, 0)
    }
    if (elementsOf(rule) > MOST_ELEMENTS) throw new Trouble(`a rule has ${MOST_ELEMENTS} elements at most`, 0)
    return rule
  } catch (error) {
    if (error instanceof Trouble) return { message: error.message, at: error.at }
    throw error
  }
}

export const isRuleTrouble = (parsed: AlarmRule | RuleTrouble): parsed is RuleTrouble => 'message' in parsed

/** The alarms that a rule asks about, as it names them; each as often as it does. */
export function alarmsOfRule(rule: AlarmRule): readonly string[] {
  switch (rule.kind) {
    case 'constant':
      return []
    case 'state':
      return [rule.alarm]
    case 'not':
      return alarmsOfRule(rule.of)
    case 'at-least':
      return rule.alarms
    default:
      return rule.all.flatMap(alarmsOfRule)
  }
}

function elementsOf(rule: AlarmRule): number {
  switch (rule.kind) {
    case 'not':
      return elementsOf(rule.of)
    case 'and':
    case 'or':
      return rule.all.reduce((sum, each) => sum + elementsOf(each), 0)
    case 'at-least':
      return rule.alarms.length
    default:
      return 1
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  // A name without quotes ends at a blank, a comma, a quote or a parenthesis.
  const pattern = /\s+|([(),])|"((?:[^"\\]|\\.)*)"|([^\s(),"]+)/gy
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    if (!match) throw new Trouble('a quoted name does not end', at)
    const [, mark, quoted, word] = match
    if (mark !== undefined) tokens.push({ kind: mark as '(' | ')' | ',', text: mark, at })
    else if (quoted !== undefined) {
      tokens.push({ kind: 'quoted', text: quoted.replaceAll(/\\(.)/g, '$1'), at })
    } else if (word !== undefined) tokens.push({ kind: 'word', text: word, at })
  }
  tokens.push({ kind: 'end', text: 'the end', at: text.length })
  return tokens
}

class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): AlarmRule {
    const rule = this.#either()
    this.#take('end')
    return rule
  }

  #either(): AlarmRule {
    return this.#joined('OR', 'or', () => this.#joined('AND', 'and', () => this.#negated()))
  }

  #joined(word: string, kind: 'and' | 'or', operand: () => AlarmRule): AlarmRule {
    const all = [operand()]
    while (this.#isWord(word)) {
      this.#next++
      all.push(operand())
    }
    return all.length === 1 ? all[0]! : { kind, all }
  }

  #negated(): AlarmRule {
    if (!this.#isWord('NOT')) return this.#single()
    this.#next++
    return this.#deeper(() => ({ kind: 'not', of: this.#negated() }))
  }

  #single(): AlarmRule {
    const token = this.#peek()
    if (token.kind === '(') {
      this.#next++
      return this.#deeper(() => {
        const rule = this.#either()
        this.#take(')')
        return rule
      })
    }
    if (this.#isWord('TRUE') || this.#isWord('FALSE')) {
      this.#next++
      return { kind: 'constant', value: token.text.toUpperCase() === 'TRUE' }
    }
    if (this.#isWord('AT_LEAST')) return this.#atLeast()
    const state = this.#state()
    this.#take('(')
    const alarm = this.#name()
    this.#take(')')
    return { kind: 'state', state, alarm }
  }

  #atLeast(): AlarmRule {
    this.#next++
    this.#take('(')
    const number = this.#take('word')
    const match = /^(\d{1,4})(%)?$/.exec(number.text)
    const value = Number(match?.[1])
    if (!match || value < 1 || (match[2] && value > 100)) {
      throw new Trouble('AT_LEAST begins with a number of alarms, or with a percentage of them', number.at)
    }
    this.#take(',')
    const negated = this.#isWord('NOT')
    if (negated) this.#next++
    const state = this.#state()
    this.#take(',')
    this.#take('(')
    const alarms = [this.#name()]
    while (this.#peek().kind === ',') {
      this.#next++
      alarms.push(this.#name())
    }
    this.#take(')')
    this.#take(')')
    if (!match[2] && value > alarms.length) {
      throw new Trouble(`AT_LEAST asks for ${value} of ${alarms.length} alarms`, number.at)
    }
    return { kind: 'at-least', count: match[2] ? { share: value / 100 } : value, state, negated, alarms }
  }

  #state(): AlarmState {
    const token = this.#peek()
    const state = STATES.find(each => this.#isWord(each))
    if (!state) {
      throw new Trouble(
        `expected ALARM, OK, INSUFFICIENT_DATA, AT_LEAST, TRUE, FALSE, NOT or '(' and found '${token.text}'`,
        token.at,
      )
    }
    this.#next++
    return state
  }

  #name(): string {
    const token = this.#peek()
    if (token.kind !== 'word' && token.kind !== 'quoted') {
      throw new Trouble(`expected the name of an alarm and found '${token.text}'`, token.at)
    }
    this.#next++
    return token.text
  }

  #deeper<T>(work: () => T): T {
    if (++this.#depth > DEEPEST) throw new Trouble('parentheses are nested too deeply', this.#peek().at)
    const done = work()
    this.#depth--
    return done
  }

  #isWord(word: string): boolean {
    const { kind, text } = this.#peek()
    return kind === 'word' && text.toUpperCase() === word
  }

  #take(kind: Token['kind']): Token {
    const token = this.#peek()
    if (token.kind !== kind) {
      const wanted = { word: 'a word', quoted: 'a quoted name', end: 'AND, OR or the end' }
      throw new Trouble(
        `expected ${kind in wanted ? wanted[kind as keyof typeof wanted] : `'${kind}'`} and found '${token.text}'`,
        token.at,
      )
    }
    this.#next++
    return token
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]!
  }
}
