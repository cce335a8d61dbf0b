import { hash32 } from '../core/hash.ts'
import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { SYSTEM_TENANT } from '../core/row/key.ts'
import { type ListKey, timePlace } from '../core/row/list.ts'
import type { Nudge } from '../core/row/nudge.ts'
import { remainingDelay } from '../core/wakeup.ts'
import type { Needs } from './needs.ts'
import { sideBySide } from './side-by-side.ts'
import type { Entry } from './world.ts'

/** The part of the world that arms timers. */
export type ArmWorld = Pick<Needs<'sweep'>, 'timers' | 'log' | 'meter'> & {
  readonly store: Pick<Needs<'sweep'>['store'], 'putEntry'>
}

/**
 * Arms a timer. A refused timer (a throttled call, a full account, an outage of EventBridge Scheduler) is no fault of the
 * change that needs it: its nudge is put on a list, and the sweep sends it in time (`sendUnarmed`). If the change failed
 * instead, one refused timer would delay the changes of all tenants in its batch of the stream.
 *
 * @throws a fault of the store, and a defect: an invalid timer would be refused at every try
 */
export const arm = async (world: ArmWorld, timer: { readonly name: string; readonly at: Instant; readonly nudge: Nudge }) => {
  try {
    await world.timers.arm(timer)
  } catch (error) {
    if (isDefect(error)) throw error
    refused(world, timer.name, error)
    const { name, nudge } = timer
    await world.store.putEntry(unarmedList(name), { at: timePlace(nudge.dueAt, name), value: nudge })
  }
}

/** Deletes a timer. A timer that cannot be deleted fires, and its nudge is refused because of its epoch. */
export const disarm = async (world: Pick<Needs<'relay'>, 'timers' | 'log' | 'meter'>, name: string): Promise<void> => {
  try {
    await world.timers.disarm(name)
  } catch (error) {
    if (isDefect(error)) throw error
    refused(world, name, error)
  }
}

const isDefect = (error: unknown): boolean => error instanceof TypeError || error instanceof RangeError

const refused = ({ log, meter }: Pick<Needs<'relay'>, 'log' | 'meter'>, name: string, error: unknown): void => {
  meter.add('TimersRefused', 1, {})
  log.warn('timer.refused', { timer: name, error })
}

/** The list of the nudge of a refused timer. There are several, so that the sweep can send from all of them at once. */
export const unarmedList = (name: string): ListKey => listOf(hash32(name) % LIMITS.unarmedShardsCount)

const listOf = (shard: number): ListKey => ({ list: 'unarmed', tenant: SYSTEM_TENANT, id: String(shard) })

/** How many nudges were sent, and the faults of those that were not. */
export type SentUnarmed = { readonly sentCount: number; readonly faults: readonly unknown[] }

/**
 * Sends the nudges of refused timers that are due within the longest delay of a message, as delayed messages. So a task whose
 * timer was refused still starts at its time. A nudge that cannot be sent stays on its list for the next sweep.
 *
 * @param isOver ends the work early; the next sweep continues
 */
export const sendUnarmed = async (
  world: Pick<Needs<'sweep'>, 'store' | 'queue' | 'clock' | 'log'>,
  isOver: () => boolean = () => false,
): Promise<SentUnarmed> => {
  const lists = Array.from({ length: LIMITS.unarmedShardsCount }, (_, shard) => listOf(shard))
  const sent = await Promise.all(lists.map((list) => sendList(world, list, isOver)))
  return {
    sentCount: sent.reduce((sum, { sentCount }) => sum + sentCount, 0),
    faults: sent.flatMap(({ faults }) => faults),
  }
}

const sendList = async (world: Parameters<typeof sendUnarmed>[0], list: ListKey, isOver: () => boolean): Promise<SentUnarmed> => {
  const faults: unknown[] = []
  let sentCount = 0
  let after: string | undefined
  const send = async ({ at, value }: Entry): Promise<void> => {
    const nudge = value as Nudge
    try {
      await world.queue.send(nudge, remainingDelay(world.clock.now(), nudge.dueAt))
      await world.store.dropEntry(list, at)
      sentCount++
    } catch (error) {
      world.log.error('sweep.fault', { tenant: nudge.tenant, [`${nudge.kind}Id`]: nudge.id, error })
      faults.push(error)
    }
  }
  try {
    while (!isOver()) {
      const page = await world.store.entries(list, { limit: LIMITS.unarmedPageCount, ...(after ? { after } : {}) })
      const until = world.clock.now() + LIMITS.queueDelayMs
      const due = page.filter(({ value }) => (value as Nudge).dueAt <= until)
      await sideBySide(due, LIMITS.commandParallelCount, send)
      after = due.at(-1)?.at
      if (due.length < LIMITS.unarmedPageCount) break
    }
  } catch (error) {
    world.log.error('sweep.fault', { list: list.list, shard: list.id, error })
    faults.push(error)
  }
  return { sentCount, faults }
}
