/** A duration in milliseconds. */
export type DurationMs = number

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const WHOLE = /^(?:\d{1,12}(?:ms|s|m|h|d))+$/
const PART = /(\d+)(ms|s|m|h|d)/g

/** The form of a duration, for error messages. */
export const DURATION_FORM = 'a whole number with a unit (ms, s, m, h, d), such as "90s", "5m", "12h", "7d" or "1h30m"'

/**
 * Reads a duration such as `"90s"`, `"5m"`, `"12h"`, `"7d"` or `"1h30m"`; undefined for any other text.
 *
 * @example parseDuration('1h30m') // 5400000
 */
export const parseDuration = (text: string): DurationMs | undefined => {
  if (!WHOLE.test(text)) return undefined
  let total = 0
  for (const [, count, unit] of text.matchAll(PART)) total += Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
  return Number.isSafeInteger(total) ? total : undefined
}

/**
 * Writes a duration in the shortest form that `parseDuration` reads as the same number.
 *
 * @example formatDuration(5_400_000) // "1h30m"
 */
export const formatDuration = (ms: DurationMs): string => {
  if (ms === 0) return '0s'
  let rest = ms
  let text = ''
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / UNIT_MS[unit])
    if (count > 0) text += `${count}${unit}`
    rest -= count * UNIT_MS[unit]
  }
  return text
}
