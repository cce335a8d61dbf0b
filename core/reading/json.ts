import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { show } from './messages.ts'
import { pointer } from './read.ts'

/**
 * Reads JSON that comes from outside: a request, a setting, an answer of another service. `JSON.parse` alone changes some
 * texts without an error, and these are refused: a number that JavaScript does not keep, a field that is given twice, and a
 * byte order mark. No other code may parse such a text.
 *
 * A whole number is kept exactly, up to ±(2^53 − 1). A number with a fraction or an exponent is a double (IEEE 754), which keeps
 * 15 digits. Source: RFC 8259, sections 4, 6 and 8.1.
 *
 * @param what the name of the text in messages
 * @returns the value, or a refusal with the path of the fault
 * @example readJson('{"id":9007199254740993}') // refused: /id: 9007199254740993 would become 9007199254740992; …
 */
export const readJson = (text: string, what = 'the body'): { readonly json: unknown } | Refusal => {
  if (text.startsWith('\uFEFF')) {
    const why = 'begins with a byte order mark (U+FEFF), an invisible character that JSON does not allow'
    return refuse('invalid', `${what} ${why}; send it as UTF-8 without a byte order mark`, { path: '' })
  }
  try {
    const json: unknown = JSON.parse(text)
    return faultIn(text, what) ?? { json }
  } catch (error) {
    // Any other error is a defect, not a fault of the caller.
    if (!(error instanceof SyntaxError)) throw error
    const { offset, line, column } = jsonErrorPosition(text)
    const reason = offset < text.length ? `${characterAt(text, offset)} is unexpected` : 'the text ends too early'
    return refuse('invalid', `${what} is not JSON: at offset ${offset} (line ${line}, column ${column}) ${reason}`, { path: '' })
  }
}

/** A character as text; an invisible one by its code point. */
const characterAt = (text: string, offset: number): string => {
  const code = text.codePointAt(offset) ?? 0
  const character = String.fromCodePoint(code)
  const isVisible = code < 0x7f || /[\p{L}\p{N}\p{P}\p{S}]/u.test(character)
  return isVisible ? show(character) : `the invisible character U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}

/** A list or an object that is open at the present place of the scan. `fields` is absent in a list. */
type Open = { readonly fields?: Set<string>; at: string | number; isName: boolean }

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const COLON = 0x3a
const BACKSLASH = 0x5c
const BRACKET = 0x5b
const BRACKET_END = 0x5d
const BRACE = 0x7b
const BRACE_END = 0x7d

/** The first fault in a text that `JSON.parse` accepts. One pass; docs/adr/0019 has its cost. */
const faultIn = (text: string, what: string): Refusal | undefined => {
  const open: Open[] = []
  let inner: Open | undefined
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place)
    if (code === QUOTE) {
      const end = endOfString(text, place)
      if (inner?.fields && inner.isName) {
        const name = nameIn(text.slice(place, end + 1))
        inner.at = name
        if (inner.fields.has(name)) return givenTwice(pathOf(open))
        inner.fields.add(name)
      }
      place = end
    } else if (code === BRACE || code === BRACKET) {
      if (open.length === LIMITS.jsonDepthCount) return tooDeep(pathOf(open))
      inner = code === BRACE ? { fields: new Set(), at: '', isName: true } : { at: 0, isName: false }
      open.push(inner)
    } else if (code === BRACE_END || code === BRACKET_END) {
      open.pop()
      inner = open.at(-1)
    } else if (code === COMMA && inner) {
      if (inner.fields) inner.isName = true
      else inner.at = Number(inner.at) + 1
    } else if (code === COLON && inner) {
      inner.isName = false
    } else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, place)
      const fault = numberFault(text.slice(place, end))
      if (fault) return refuse('invalid', `${pathOf(open) || what}: ${fault}`, { path: pathOf(open) })
      place = end - 1
    }
  }
  return undefined
}

const pathOf = (open: readonly Open[]): string => pointer(open.map(({ at }) => at))

/** The place of the closing quote of a string. */
const endOfString = (text: string, start: number): number => {
  let place = start + 1
  for (let code = text.charCodeAt(place); code !== QUOTE; code = text.charCodeAt(place)) place += code === BACKSLASH ? 2 : 1
  return place
}

/** A name as `JSON.parse` reads it: `"a"` and `"\u0061"` are the same name. */
const nameIn = (quoted: string): string => (quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1))

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

/** The place after a number: after its digits, signs, dot and exponent. */
const endOfNumber = (text: string, start: number): number => {
  let place = start + 1
  for (let code = text.charCodeAt(place); isDigit(code) || NUMBER_SIGNS.has(code); code = text.charCodeAt(place)) place++
  return place
}

/** The characters `+`, `-`, `.`, `E` and `e`. */
const NUMBER_SIGNS: ReadonlySet<number> = new Set([0x2b, MINUS, 0x2e, 0x45, 0x65])

const givenTwice = (path: string): Refusal =>
  refuse('invalid', `${path}: this field is given twice in its object; give it once`, { path })

const tooDeep = (path: string): Refusal => {
  const at = path.split('/').slice(0, 4).join('/')
  const most = LIMITS.jsonDepthCount
  return refuse('invalid', `${at}: nested deeper than ${most} levels; use at most ${most}`, { path: at })
}

/** A number with fewer characters and without an exponent is always kept. */
const SAFE_COUNT = 16
const EXPONENT = /e/i

/**
 * Why a number is not kept; undefined when it is. Below 2^53 each whole number is kept. Beyond, whole numbers are refused, also those that
 * happen to be doubles: most often they are ids, and the sender has lost their last digits already. Source: RFC 7493 (I-JSON), section 2.2.
 * A number with an exponent is a measure, and is kept if its double is written back as the same value.
 */
const numberFault = (text: string): string | undefined => {
  const hasExponent = EXPONENT.test(text)
  if (text.length < SAFE_COUNT && !hasExponent) return undefined
  const value = Number(text)
  const asText = `write it as a text: ${show(text)}`
  if (!Number.isFinite(value)) return `${shownNumber(text)} is a number above ${Number.MAX_VALUE}; ${asText}`
  if (value === 0 && digitsOf(text).digits !== '') return `${shownNumber(text)} is so small that it would become 0; ${asText}`
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return undefined
  if (!isSame(text, String(value)))
    return `${shownNumber(text)} would become ${value}, because JavaScript does not keep it exactly; ${asText}`
  if (hasExponent) return undefined
  return `${shownNumber(text)} is beyond ±${Number.MAX_SAFE_INTEGER}, up to which JavaScript keeps whole numbers exactly; ${asText}`
}

const shownNumber = (text: string): string => show(text).replaceAll('"', '')

/** Do two numbers have the same decimal value? Both are numbers of JSON, or what JavaScript writes for one. */
const isSame = (one: string, other: string): boolean => {
  const [a, b] = [digitsOf(one), digitsOf(other)]
  return a.digits === b.digits && a.exponent === b.exponent
}

/** The digits of a number without zeros at both ends, and the power of ten of the last one. */
const digitsOf = (text: string): { readonly digits: string; readonly exponent: number } => {
  const [mantissa = '', power = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const all = whole + fraction
  let first = 0
  let end = all.length
  while (first < end && all.charAt(first) === '0') first++
  while (end > first && all.charAt(end - 1) === '0') end--
  return { digits: all.slice(first, end), exponent: Number(power) - fraction.length + all.length - end }
}

/**
 * Finds the place at which a text stops being JSON, for the problem detail: the parser of the engine names it only sometimes.
 * It is a binary search: a prefix that some continuation could complete ends before the place, any other prefix behind it.
 *
 * @param text a text that `JSON.parse` has refused
 * @example jsonErrorPosition('{"a": tru}') // { offset: 9, line: 1, column: 10 }
 */
export const jsonErrorPosition = (text: string): { readonly offset: number; readonly line: number; readonly column: number } => {
  let low = 0
  let high = text.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isValidPrefix(text.slice(0, middle + 1))) low = middle + 1
    else high = middle
  }
  const lines = text.slice(0, low).split('\n')
  return { offset: low, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

const isValidPrefix = (prefix: string): boolean => {
  try {
    JSON.parse(prefix)
    return true
  } catch (error) {
    const message = String(error)
    if (message.includes('Unexpected end')) return true
    const place = /at position (\d+)/.exec(message)?.[1]
    return place !== undefined && Number(place) >= prefix.length
  }
}
