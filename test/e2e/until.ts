import { setTimeout as after } from 'node:timers/promises'

/**
 * Polls until there is a result. A remote system gives no signal, so this is the only place that polls.
 *
 * @throws Error with the awaited condition and the last result after `withinMs`
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
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms for ${what}; last result: ${last}`)
    await after(everyMs)
  }
}
