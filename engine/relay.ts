import { consequences, wakeupsOf } from '../core/consequences.ts'
import type { FailureInput } from '../core/failure.ts'
import type { Command, KeyOf, Kind, Row } from '../core/kinds.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Effect, Submit } from '../core/row/effect.ts'
import type { Key } from '../core/row/key.ts'
import { documentsOf, type Payload, type TaskError, type TaskRow } from '../core/task/row.ts'
import { remainingDelay, wakeup } from '../core/wakeup.ts'
import type { App } from './app.ts'
import { apply } from './apply.ts'
import { performGateEffect } from './gate/effects.ts'
import type { Change } from './message.ts'
import type { Needs } from './needs.ts'
import { loadPayload, storePayload } from './payload.ts'
import { reportRemoval } from './report.ts'

/**
 * The only actor: hears each committed change, at least once, and does what follows from it. Every effect is idempotent
 * by its name, so a change may be relayed again after any crash.
 *
 * @param app how long is kept what is noted; by default as long as finished tasks are by default
 * @throws the first fault; the change must then be relayed again
 */
export const relay = async (world: Needs<'relay'>, { before, after }: Change, app: RelayApp = LIMITS): Promise<void> => {
  for (const effect of consequences(before, after)) await perform(world, app, effect)
  if (before?.kind === 'task' && !after) reportRemoval(world, before)
}

/** What the relay needs to know of the deployment. */
type RelayApp = Pick<App, 'retentionMs'>

/** Performs one effect. Events are published apart from all others: see `publish`. */
const perform = async (world: Needs<'relay'>, app: RelayApp, effect: Effect): Promise<void> => {
  switch (effect.kind) {
    case 'arm':
    case 'send':
      return wake(world, effect)
    case 'disarm':
      return world.timers.disarm(effect.name)
    case 'joinWaitlist':
    case 'leaveWaitlist':
    case 'release':
    case 'control':
      return performGateEffect(world, effect)
    case 'submit':
      return submit(world, effect)
    case 'appendEntries':
      return appendEntries(world, app, effect)
    case 'discard':
      return discard(world, effect)
    case 'publish':
      return
  }
}

/** Entries are put side by side, so that a page of an operation holds up the changes behind it no longer than one of them. */
const appendEntries = async (
  { store }: Needs<'relay'>,
  { retentionMs }: RelayApp,
  { list, entries, since }: Extract<Effect, { kind: 'appendEntries' }>,
): Promise<void> => {
  const forgetAt = since === undefined ? undefined : since + retentionMs
  await Promise.all(entries.map((entry) => store.putEntry(list, entry, forgetAt)))
}

/** An id that was made from an idempotency key comes back when its row is forgotten; what the new row names is kept. */
const discard = async (world: Needs<'relay'>, { row, documents }: Extract<Effect, { kind: 'discard' }>): Promise<void> => {
  const { kind, tenant, id } = row
  const now = await world.store.get({ kind, tenant, id })
  const kept = now?.kind === 'task' ? documentsOf(now) : []
  for (const document of documents) if (!kept.includes(document)) await world.store.dropDocument(tenant, id, document)
}

/** An effect that wakes a row. */
export type Wake = Extract<Effect, { kind: 'arm' | 'send' }>

/**
 * Wakes a row by message or timer. The delay is reckoned now, when it is sent, and not when the row was written: a relay
 * that was held up for a minute must not make the task a minute late. A far wake-up may have come near meanwhile.
 */
export const wake = async (world: Pick<Needs<'sweep'>, 'queue' | 'timers' | 'clock'>, effect: Wake): Promise<void> => {
  const now = world.clock.now()
  const how = wakeup(now, effect.nudge.dueAt)
  if (effect.kind === 'arm' && how.by === 'timer') return world.timers.arm({ name: effect.name, at: how.at, nudge: effect.nudge })
  return world.queue.send(effect.nudge, remainingDelay(now, effect.nudge.dueAt))
}

/** Performs the wake-up of a row again. Answers true: the row has been woken. */
export const wakeRow = async (world: Pick<Needs<'sweep'>, 'queue' | 'timers' | 'clock'>, row: Row): Promise<true> => {
  for (const effect of wakeupsOf(row)) if (effect.kind === 'arm' || effect.kind === 'send') await wake(world, effect)
  return true
}

/**
 * Sends a command to another row. A refusal is no error: the change was relayed before, or the other row has moved on.
 *
 * @throws a fault of the world; the change must then be relayed again
 */
const submit = async (world: Needs<'relay'>, { key, command, creates, failure }: Submit): Promise<void> => {
  const at = world.clock.now()
  const input = failure && { input: await failureInput(world, failure, key) }
  // Only the folder that wrote the effect knows the kind, and it has typed the command by it.
  const stamped = { ...command, ...input, at } as Command
  await apply(world, key as KeyOf<Kind>, () => stamped, creates ? 'none' : undefined)
}

/** An error as a handler's schema knows it. */
const errorOf = ({ code, message, retriable }: TaskError): TaskError => ({ code, message, retriable })

const failureInput = async (world: Needs<'relay'>, failed: TaskRow, owner: Key): Promise<Payload> => {
  const about: FailureInput = {
    taskId: failed.id,
    type: failed.type,
    attempts: failed.attempt,
    error: failed.error ? errorOf(failed.error) : { code: 'Unknown', message: 'no error was recorded', retriable: false },
  }
  const whole = await storePayload(world, owner, { ...about, input: await loadPayload(world, failed, failed.input) })
  // `about` is a few hundred bytes by its bounds, so only the failed task's own input can be too large.
  return isRefusal(whole) ? ((await storePayload(world, owner, { ...about, inputOmitted: true })) as Payload) : whole
}
