import { setTimeout as after } from 'node:timers/promises'

/**
 * Asks again until there is an answer. What is on the other side of HTTP gives no signal, so this is the one place that polls.
 *
 * @throws Error that names what was waited for, and what the last try said, when `withinMs` are over
 */
export const until = async <Answer>(
  what: string,
  ask: () => Promise<Answer | undefined>,
  { withinMs = 120_000, everyMs = 250 } = {},
): Promise<Answer> => {
  const deadline = Date.now() + withinMs
  let last = 'nothing'
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms for ${what}; the last try said: ${last}`)
    await after(everyMs)
  }
}
