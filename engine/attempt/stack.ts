import { LIMITS } from '../../core/limits.ts'
import { partOf } from '../../core/thrown.ts'

/**
 * The stack of something thrown, with those of its causes, as it is kept: without the frames of Node itself, which say
 * nothing of the handler, and within its bound. Undefined when it has none.
 */
export const stackOf = (thrown: unknown): string | undefined => {
  const lines = stacksIn(thrown)
    .map((stack, index) => (index === 0 ? stack : `caused by ${stack}`))
    .flatMap((stack) => stack.split('\n').filter((line) => !isRuntime(line)))
  const text = bounded(lines.join('\n'))
  return text === '' ? undefined : text
}

/** Causes may go in a circle; nobody reads more than a few. */
const CAUSES = 4

const stacksIn = (thrown: unknown): readonly string[] => {
  const stacks: string[] = []
  for (let each = thrown; stacks.length < CAUSES; each = partOf(each, 'cause')) {
    const stack = partOf(each, 'stack')
    if (typeof stack !== 'string' || stack === '') break
    stacks.push(stack)
  }
  return stacks
}

const isRuntime = (line: string): boolean => /^\s+at .*\(?node:/.test(line)

const bounded = (text: string): string => {
  const bytes = Buffer.from(text)
  if (bytes.length <= LIMITS.stackBytes) return text
  // What is cut in the middle of a character is no character.
  return `${bytes
    .subarray(0, LIMITS.stackBytes - 3)
    .toString()
    .replace(/\uFFFD$/, '')}…`
}
