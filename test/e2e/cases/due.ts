import assert from 'node:assert/strict'
import { parseInstant } from '../../../core/instant.ts'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'

const instant = (text: string | undefined): number => parseInstant(text ?? '') ?? Number.NaN

/** Due tasks. */
export const dueCases: readonly Case<Scene>[] = [
  {
    name: 'a task that is due now runs once and stores its output',
    run: async ({ create, reaches }) => {
      const { id } = await create({ type: 'e2e.echo', input: { word: 'now' } })
      const { output, attempt } = await reaches(id, 'succeeded')
      assert.equal(attempt, 1)
      assert.equal((output as { word: string }).word, 'now')
    },
  },
  {
    name: 'a task that is due in 5 seconds runs then, and not earlier',
    run: async ({ create, reaches }) => {
      const { id, notBefore, state } = await create({ type: 'e2e.echo', input: { word: 'soon' }, delay: '5s' })
      assert.equal(state, 'scheduled')
      const { output, startedAt, attempt } = await reaches(id, 'succeeded')
      const { ranAt } = output as { ranAt: string }
      assert.equal(attempt, 1)
      assert.ok(instant(startedAt) >= instant(notBefore), `started at ${startedAt}, which is before ${notBefore}`)
      assert.ok(instant(ranAt) >= instant(notBefore), `ran at ${ranAt}, which is before ${notBefore}`)
    },
  },
  {
    name: 'a task with an input of 50 kB runs and returns it',
    run: async ({ create, reaches }) => {
      const word = 'abcde'.repeat(10_000)
      const { id } = await create({ type: 'e2e.echo', input: { word } })
      const { output, input } = await reaches(id, 'succeeded')
      assert.equal((input as { word: string }).word, word)
      assert.equal((output as { word: string }).word, word)
    },
  },
]
