import type { DispatchGate } from '../../core/gate/command.ts'
import { placesFree } from '../../core/gate/decide.ts'
import { effectiveLimits, type GateRef, type GateRow, gateKey, gateRef, isOpenGate, taskAtPlace } from '../../core/gate/row.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Nudge } from '../../core/row/nudge.ts'
import { gatesOf, taskKeyOf } from '../../core/task/gating.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { apply } from '../apply.ts'
import type { Needs } from '../needs.ts'
import { sideBySide } from '../side-by-side.ts'
import { releaseGate } from './acquire.ts'
import { applyToGate, backOff } from './commit.ts'
import { waitlistOf } from './effects.ts'

type World = Needs<'control'>

/** A task on the waitlist: its place there, and the epoch with which it joined. */
type WaitingTask = { readonly task: string; readonly place: string; readonly epoch: number }

/**
 * Dispatches a gate: checks holders whose time is over, or else admits the first tasks of the waitlist. The decision is
 * written on the gate first, for the version that was read; then each admitted task is written. If this process dies
 * between the two, the places stay reserved on the gate, and a later dispatch admits these tasks again.
 *
 * @returns a refusal when nothing was to be done
 */
export const dispatchGate = async (world: World, nudge: Pick<Nudge, 'tenant' | 'id' | 'epoch'>): Promise<Refusal | undefined> => {
  const ref = gateRef(nudge.tenant, nudge.id)
  for (let tries = 0; tries < LIMITS.applyCount; tries++) {
    const gate = await world.store.get(gateKey(ref))
    if (gate?.epoch !== nudge.epoch)
      return refuse('superseded', `gate ${ref} has a newer wake-up than the one of epoch ${nudge.epoch}`)
    const { command, admits } = await prepare(world, gate, ref)
    // A gate without a limit stores no holders: its waitlist is admitted before the gate is written as empty, and no place is released.
    const direct = isOpenGate(effectiveLimits(gate)) ? admits : []
    await admitAll(world, ref, direct)
    const applied = await applyToGate(world, ref, 'dispatch', () => command, gate)
    if (!isRefusal(applied)) {
      if (direct.length > 0) return undefined
      const holders = new Set(applied.after.holders.map(({ task }) => task))
      const admitted = admits.filter(({ task }) => holders.has(task))
      await releaseAll(world, ref, await admitAll(world, ref, admitted))
      return undefined
    }
    if (applied.refused !== 'superseded') return applied
    await backOff(world, `${ref}/dispatch`, tries + 1)
  }
  throw new Error(
    `gate ${ref} was changed by others during each of ${LIMITS.applyCount} dispatches; its message will be redelivered`,
  )
}

type Prepared = { readonly command: DispatchGate; readonly admits: readonly WaitingTask[] }

const prepare = async (world: World, gate: GateRow, ref: GateRef): Promise<Prepared> => {
  const at = world.clock.now()
  const stamp = { name: 'dispatch', at, by: 'system:gate', version: gate.version, until: at + LIMITS.gateReservationMs } as const
  const overdue = gate.holders.filter(({ until }) => until <= at)
  if (overdue.length > 0)
    return { admits: [], command: { ...stamp, candidates: [], hasMore: false, ...(await checkHolders(world, gate, ref, at)) } }
  const free = Math.min(
    placesFree(gate, at),
    isOpenGate(effectiveLimits(gate)) ? LIMITS.gateOpenAdmitCount : LIMITS.gateAdmitCount,
  )
  const waiting = free === 0 ? [] : await firstWaiting(world, gate, free)
  const admits = waiting.slice(0, free)
  const candidates = admits.map(({ task, epoch }) => ({ task, epoch }))
  return { admits, command: { ...stamp, expired: [], renewed: [], candidates, hasMore: waiting.length > free } }
}

/** The first `count` tasks of the waitlist that hold no place, and one more if there is one. */
const firstWaiting = async (world: World, gate: GateRow, count: number): Promise<readonly WaitingTask[]> => {
  const limit = count + gate.holders.length + 1
  const entries = await world.store.entries(waitlistOf(gateRef(gate.tenant, gate.id)), { limit })
  const holders = new Set(gate.holders.map(({ task }) => task))
  return entries
    .map(({ at, value }) => ({ task: taskAtPlace(at), place: at, epoch: Number(value) }))
    .filter(({ task }) => !holders.has(task))
    .slice(0, count + 1)
}

/** Checks whether overdue holders still need this gate. An admitted task that still waits is admitted again. */
const checkHolders = async (
  world: World,
  gate: GateRow,
  ref: GateRef,
  at: number,
): Promise<Pick<DispatchGate, 'expired' | 'renewed'>> => {
  const expired: string[] = []
  const renewed: { task: string; until: number }[] = []
  for (const { task, epoch } of gate.holders.filter((holder) => holder.until <= at)) {
    const row = await world.store.get(taskKeyOf(task))
    // The gate was paused after the task was admitted, or a later gate is paused: other tasks may use the place meanwhile.
    const isStopped = row?.blocked !== undefined && (await isPaused(world, row.blocked === ref ? gate : row.blocked))
    if (row?.blocked === ref && !isStopped) await releaseAll(world, ref, await admitAll(world, ref, [{ task, place: '', epoch }]))
    const until = row && !isStopped ? entitledUntil(row, ref, at) : undefined
    if (until !== undefined && until > at) renewed.push({ task, until })
    else expired.push(task)
  }
  return { expired, renewed }
}

const isPaused = async (world: World, at: GateRow | GateRef): Promise<boolean> => {
  const gate = typeof at === 'string' ? await world.store.get(gateKey(at)) : at
  return gate !== undefined && effectiveLimits(gate).paused !== undefined
}

/** Until when a task holds its place without another check; undefined when it has no right to the place. */
const entitledUntil = (row: TaskRow, ref: GateRef, at: number): number | undefined => {
  if (!gatesOf(row).includes(ref)) return undefined
  return row.state === 'running' ? (row.lease?.until ?? 0) + LIMITS.gateGraceMs : at + LIMITS.gateReservationMs
}

/**
 * Admits tasks in parallel, because each is a row of its own. If this process dies in the middle, no task is lost: a task
 * with a place is found by its gate, each other task is still on the waitlist.
 *
 * @returns the tasks that refused, because they no longer wait at this gate; they have been removed from the waitlist
 */
const admitAll = async (world: World, gate: GateRef, admits: readonly WaitingTask[]): Promise<readonly WaitingTask[]> => {
  const answers = await sideBySide(admits, LIMITS.commandParallelCount, async ({ task, place }) => {
    const applied = await apply(world, taskKeyOf(task), () => ({ name: 'admit', at: world.clock.now(), by: ACTOR, gate }))
    if (isRefusal(applied) && place) await world.store.dropEntry(waitlistOf(gate), place)
    return applied
  })
  return admits.filter((_, index) => isRefusal(answers[index]))
}

/** Releases places of tasks that no longer wait: one after another, because all places are on the gate's one row. */
const releaseAll = async (world: World, gate: GateRef, tasks: readonly WaitingTask[]): Promise<void> => {
  for (const { task, epoch } of tasks) await releaseGate(world, gate, task, epoch)
}

const ACTOR = 'system:gate'
