import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { conflict, defineTask, giveUp, nonRetriable, retriable, retryLater, snooze, wait } from '../../../core/define.ts'

/** Handlers that block their thread, and handlers whose answers must pass from their thread unchanged. */

const forever = () => {
  for (;;);
}
const retry = { policy: 'none' } as const
const anything = z.unknown()
class Locked extends Error {
  override readonly name = 'LockTimeout'
}
const broken = (): never => {
  throw Object.assign(new Locked('by Ada', { cause: new Error('deeper') }), { code: 'E1' })
}

/** A type for each kind of answer. */
export const answering = [
  defineTask('value', { input: anything, run: () => ({ a: [1, 'x', null] }) }),
  defineTask('nothing', { input: anything, run: () => {} }),
  defineTask('a-date', { input: z.object({ at: z.coerce.date() }), run: ({ input }) => ({ isDate: input.at instanceof Date }) }),
  defineTask('nan', { input: anything, retry, run: () => Number.NaN }),
  defineTask('thrown', { input: anything, retry, run: broken }),
  defineTask('on-the-list', {
    input: anything,
    retry: { policy: 'fixed', wait: '1ms', retriable: 'LockTimeout:E1' },
    run: broken,
  }),
  defineTask('not-on-the-list', { input: anything, retry: { policy: 'fixed', wait: '1ms', retriable: 'Other' }, run: broken }),
  defineTask('non-retriable', {
    input: anything,
    run: () => {
      throw nonRetriable('Gone', 'no more')
    },
  }),
  defineTask('retriable', {
    input: anything,
    retry,
    run: () => {
      throw retriable('Busy', 'try again')
    },
  }),
  defineTask('thrown-text', {
    input: anything,
    retry,
    run: () => {
      throw 'plain'
    },
  }),
  defineTask('retry-later', { input: anything, retry, run: () => retryLater('later') }),
  defineTask('give-up', { input: anything, run: () => giveUp('no', 'NoSuch') }),
  defineTask('conflict', { input: anything, run: () => conflict('other') }),
  defineTask('snooze', { input: anything, run: ({ attempt }) => (attempt === 1 ? snooze('1s', 'busy') : 'awake') }),
  defineTask('wait', { input: anything, run: () => wait('1s', 'for Ada') }),
  defineTask('context', {
    input: anything,
    run: async ({ task, attempt, idempotencyKey, heartbeat, log }) => {
      log.info('circular', { self: globalThis, big: 1n })
      await heartbeat({ percent: 140, text: 'half', counters: { a: 1 } })
      await heartbeat()
      return { tags: task.tags, type: task.type, attempt, key: idempotencyKey === `carillon-${task.id}` }
    },
  }),
  defineTask('progress', {
    input: anything,
    retry,
    run: async ({ heartbeat }) => {
      await heartbeat({ percent: 40, text: 'copying' })
      broken()
    },
  }),
  defineTask('bad-input', { input: z.object({ n: z.number() }).refine(({ n }) => n < 5 || broken()), run: () => 'read' }),
]

export const types = [
  ...answering,
  defineTask('endless', { input: anything, timeout: '1500ms', retry, run: forever }),
  defineTask('endless-later', {
    input: anything,
    timeout: '1500ms',
    retry,
    run: async () => {
      await sleep(20)
      await setImmediate()
      forever()
    },
  }),
  defineTask('endless-until-cancelled', { input: anything, timeout: '50s', retry, run: forever }),
  defineTask('neighbour', {
    input: z.object({ forMs: z.number() }),
    retry,
    run: async ({ input, attempt }) => {
      await sleep(input.forMs)
      return { attempt }
    },
  }),
  defineTask('shared-listener', {
    input: anything,
    retry,
    run: async ({ attempt }) => {
      // Outside the attempt: the error belongs to none.
      if (attempt === 1) throwOutside()
      await sleep(200)
      return { attempt }
    },
  }),
]

let throwOutside = () => {}
const outside = async (): Promise<void> => {
  for (;;) {
    await new Promise<void>((resolve) => {
      throwOutside = resolve
    })
    throw new Error('of no attempt')
  }
}
void outside()
