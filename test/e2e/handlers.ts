import { z } from 'zod'
import { defineTask, retriable, type TaskType } from '../../core/define.ts'

/** Says what it was given, and when it ran. */
const echo = defineTask('e2e.echo', {
  input: z.object({ word: z.string() }),
  run: ({ input, attempt }) => ({ word: input.word, attempt, ranAt: new Date().toISOString() }),
})

/** Fails whenever it is tried. */
const fail = defineTask('e2e.fail', {
  input: z.object({ word: z.string() }),
  run: ({ input }) => {
    throw retriable('Broken', `${input.word} is broken`)
  },
})

/** Keeps what it was given as its output; for failures, to see what a failure task gets. */
const report = defineTask('e2e.report', { input: z.json(), run: ({ input }) => ({ reported: input }) })

/** Tells the beacon who it is, and ends when the beacon answers, with what it answers. */
const linger = defineTask('e2e.linger', {
  input: z.object({ beacon: z.url() }),
  lane: 'brief',
  run: async ({ input, attempt, signal }) => {
    const body = JSON.stringify({ pid: process.pid, parent: process.ppid, attempt })
    const answer = await fetch(input.beacon, { method: 'POST', body, signal })
    return { attempt, answer: await answer.text() }
  },
})

/** Is heard of on the bus. */
const herald = defineTask('e2e.herald', { input: z.object({}), events: 'all', run: () => 'heard' })

/** The task types of the end-to-end test. */
export const types: readonly TaskType[] = [echo, fail, report, linger, herald]
