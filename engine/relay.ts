import { consequences, wakeupsOf } from '../core/consequences.ts'
import { defined } from '../core/defined.ts'
import { type FailureInput, failureTaskInput } from '../core/failure.ts'
import type { Command, KeyOf, Kind, Row } from '../core/kinds.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Effect, Submit } from '../core/row/effect.ts'
import type { Key } from '../core/row/key.ts'
import type { CreateTask } from '../core/task/command.ts'
import { documentsOf, type Payload, type TaskError, type TaskRow } from '../core/task/row.ts'
import { remainingDelay, wakeup } from '../core/wakeup.ts'
import type { App } from './app.ts'
import { apply } from './apply.ts'
import { performGateEffect } from './gate/effects.ts'
import type { Change } from './message.ts'
import type { Needs } from './needs.ts'
import { loadPayload, storePayload } from './payload.ts'
import { reportRemoval } from './report.ts'
import { type ArmWorld, arm, disarm } from './unarmed.ts'

/**
 * Turns each committed change into messages, timers and commands for other rows: change → `consequences` → effects. No
 * other code acts on changes (`publish` only sends events). The change stream delivers each change at least once, and the
 * name of each effect makes it idempotent, so a change can be relayed again after a crash.
 *
 * @param app its `retentionMs` limits list entries (audit, results); the default is the default retention of tasks
 * @throws the first fault; the change must then be relayed again
 */
export const relay = async (world: Needs<'relay'>, { before, after }: Change, app: RelayApp = LIMITS): Promise<void> => {
  for (const effect of consequences(before, after)) await perform(world, app, effect)
  if (before?.kind === 'task' && !after) reportRemoval(world, before)
}

/** The part of the configuration that the relay uses. */
type RelayApp = Pick<App, 'retentionMs'>

/** Performs one effect. `publish` handles events. */
const perform = async (world: Needs<'relay'>, app: RelayApp, effect: Effect): Promise<void> => {
  switch (effect.kind) {
    case 'arm':
    case 'send':
      return wake(world, effect)
    case 'disarm':
      return disarm(world, effect.name)
    case 'joinWaitlist':
    case 'leaveWaitlist':
    case 'release':
    case 'control':
      return performGateEffect(world, effect)
    case 'submit':
      return submit(world, app, effect)
    case 'appendEntries':
      return appendEntries(world, app, effect)
    case 'discard':
      return discard(world, effect)
    case 'publish':
      return
  }
}

/** Writes list entries in parallel, so that a page of results delays the following changes no longer than one entry does. */
const appendEntries = async (
  { store }: Needs<'relay'>,
  { retentionMs }: RelayApp,
  { list, entries, since }: Extract<Effect, { kind: 'appendEntries' }>,
): Promise<void> => {
  const forgetAt = since === undefined ? undefined : since + retentionMs
  await Promise.all(entries.map((entry) => store.putEntry(list, entry, forgetAt)))
}

/** Drops documents of a deleted row. A new row can have the same id (of the same idempotency key); its documents stay. */
const discard = async (world: Needs<'relay'>, { row, documents }: Extract<Effect, { kind: 'discard' }>): Promise<void> => {
  const { kind, tenant, id } = row
  const now = await world.store.get({ kind, tenant, id })
  const inUse = now?.kind === 'task' ? documentsOf(now) : []
  for (const document of documents) if (!inUse.includes(document)) await world.store.dropDocument(tenant, id, document)
}

/** An effect that wakes a row. */
export type Wake = Extract<Effect, { kind: 'arm' | 'send' }>

type WakeWorld = ArmWorld & { readonly queue: Pick<Needs<'sweep'>['queue'], 'send'>; readonly clock: Needs<'sweep'>['clock'] }

/**
 * Wakes a row by a message or a timer. The delay is computed when the message is sent, not when the row was written:
 * otherwise a relay that is a minute late makes the task a minute late. For the same reason a wake-up that was written as a
 * timer is sent as a message when it is near by now.
 */
export const wake = async (world: WakeWorld, effect: Wake): Promise<void> => {
  const now = world.clock.now()
  const plan = wakeup(now, effect.nudge.dueAt, effect.nudge.id)
  if (effect.kind === 'arm' && plan.by === 'timer') return arm(world, { name: effect.name, at: plan.at, nudge: effect.nudge })
  return world.queue.send(effect.nudge, remainingDelay(now, effect.nudge.dueAt))
}

/** Performs the wake-up of a row again. Returns true: the row was woken. */
export const wakeRow = async (world: WakeWorld, row: Row): Promise<true> => {
  for (const effect of wakeupsOf(row)) if (effect.kind === 'arm' || effect.kind === 'send') await wake(world, effect)
  return true
}

/**
 * Applies a command to another row. A refusal is no error: the change was relayed before, or the other row has changed
 * since.
 *
 * @throws a fault of the world; the change must then be relayed again
 */
const submit = async (world: Needs<'relay'>, { retentionMs }: RelayApp, effect: Submit): Promise<void> => {
  const { key, command, creates, failure, documents } = effect
  const at = world.clock.now()
  if (documents !== undefined) await copyDocuments(world, documents, effect)
  const input = failure && { input: await failureInput(world, failure, key) }
  // The kind is known only where the effect was written; the command's type was checked there.
  const retention = command.name === 'cancel' ? { retentionMs } : {}
  const stamped = { ...command, ...input, ...retention, at } as unknown as Command
  await apply(world, key as KeyOf<Kind>, () => stamped, creates ? 'none' : undefined)
}

/** Copies the documents that a command names to the row that it changes. Their names are digests, so they stay the same. */
const copyDocuments = async ({ store }: Needs<'relay'>, owner: string, { key, command }: Submit): Promise<void> => {
  const { input, onFailure } = command as Partial<Pick<CreateTask, 'input' | 'onFailure'>>
  for (const payload of [input, onFailure?.input]) {
    if (!payload || 'inline' in payload) continue
    const text = await store.getDocument(key.tenant, owner, payload.document)
    // It is missing only when the change is relayed a second time after its owner has dropped it: the row has its copy then.
    if (text !== undefined) await store.putDocument(key.tenant, key.id, payload.document, text)
  }
}

/** The fields of an error that a failure task's input contains. */
const errorOf = ({ code, message, retriable }: TaskError): TaskError => ({ code, message, retriable })

const failureInput = async (world: Needs<'relay'>, failed: TaskRow, owner: Key): Promise<Payload> => {
  const summary: FailureInput = {
    taskId: failed.id,
    type: failed.type,
    attempts: failed.attempt,
    error: failed.error ? errorOf(failed.error) : { code: 'Unknown', message: 'no error was recorded', retriable: false },
  }
  const { input, failureField } = failed.onFailure ?? {}
  const given = input && (await loadPayload(world, failed, input))
  const store = (failure: FailureInput) => storePayload(world, owner, failureTaskInput(given, failureField, failure))
  const full = await store({ ...summary, ...defined({ input: await loadPayload(world, failed, failed.input) }) })
  // `summary` has a few kilobytes and `given` is bounded by `failureInputBytes`, so only the failed task's input can be too large.
  return isRefusal(full) ? ((await store({ ...summary, inputOmitted: true })) as Payload) : full
}
