import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { defineTask } from '../../../core/define.ts'

/** The task type of the tests: it writes its start and end to a file that remains after the process is killed. */
const mark = defineTask('mark', {
  input: z.object({ file: z.string(), forMs: z.number() }),
  run: async ({ input, task }) => {
    appendFileSync(input.file, `${process.pid} start ${task.id}\n`)
    await sleep(input.forMs)
    appendFileSync(input.file, `${process.pid} end ${task.id}\n`)
    return 'marked'
  },
})

/** The task type of the tests of a stop: it runs until its signal fires; with the file `until`, it ends at once. */
const obey = defineTask('obey', {
  input: z.object({ file: z.string(), until: z.string() }),
  retry: { policy: 'none', losses: 0 },
  run: async ({ input, signal, task }) => {
    appendFileSync(input.file, `${process.pid} start ${task.id}\n`)
    // The signal can have fired before the handler's thread was ready.
    if (!existsSync(input.until) && !signal.aborted) await once(signal, 'abort')
    signal.throwIfAborted()
    return 'obeyed'
  },
})

export const types = [mark, obey]

export type Mark = { readonly pid: number; readonly what: 'start' | 'end'; readonly id: string }

/** The marks in the order of writing. */
export const readMarks = (file: string): readonly Mark[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [pid, what, id] = line.split(' ')
      return { pid: Number(pid), what: what as Mark['what'], id: String(id) }
    })
