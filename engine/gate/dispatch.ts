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
import { waitlistOf } from './effects.ts'

type World = Needs<'control'>

/** One that stands in line: its task, where it stands, and the epoch under which it joined. */
type Waiting = { readonly task: string; readonly place: string; readonly epoch: number }

/**
 * Turns a gate: looks after holders that are silent for too long, or calls in the first of the line. Whatever is decided
 * is written on the gate first, for the very version that was looked at; then the called are told. If this process dies
 * between the two, the gate remembers whom it has called and calls again.
 *
 * @returns why nothing was to be done
 */
export const dispatchGate = async (world: World, nudge: Pick<Nudge, 'tenant' | 'id' | 'epoch'>): Promise<Refusal | undefined> => {
  const ref = gateRef(nudge.tenant, nudge.id)
  for (let tries = 0; tries < LIMITS.applyCount; tries++) {
    const gate = await world.store.get(gateKey(ref))
    if (gate?.epoch !== nudge.epoch)
      return refuse('superseded', `gate ${ref} has another wake-up than that of epoch ${nudge.epoch}`)
    const { command, admits } = await prepare(world, gate, ref)
    // What has no limit counts nobody: its line is let go before it may say that nobody waits, and no place is to be given back.
    const open = isOpenGate(effectiveLimits(gate)) ? admits : []
    await admitAll(world, ref, open)
    const done = await apply(world, gateKey(ref), () => command, gate)
    if (!isRefusal(done)) {
      if (open.length > 0) return undefined
      const inside = new Set(done.after.holders.map(({ task }) => task))
      const called = admits.filter(({ task }) => inside.has(task))
      await releaseAll(world, ref, await admitAll(world, ref, called))
      return undefined
    }
    if (done.refused !== 'superseded') return done
  }
  throw new Error(`gate ${ref} changed under every one of ${LIMITS.applyCount} looks at it; it is turned again`)
}

type Prepared = { readonly command: DispatchGate; readonly admits: readonly Waiting[] }

const prepare = async (world: World, gate: GateRow, ref: GateRef): Promise<Prepared> => {
  const at = world.clock.now()
  const turn = { name: 'dispatch', at, by: 'system:gate', version: gate.version, until: at + LIMITS.gateReservationMs } as const
  const silent = gate.holders.filter(({ until }) => until <= at)
  if (silent.length > 0)
    return { admits: [], command: { ...turn, candidates: [], hasMore: false, ...(await checkHolders(world, gate, ref, at)) } }
  const free = Math.min(
    placesFree(gate, at),
    isOpenGate(effectiveLimits(gate)) ? LIMITS.gateOpenAdmitCount : LIMITS.gateAdmitCount,
  )
  const line = free === 0 ? [] : await firstWaiting(world, gate, free)
  const admits = line.slice(0, free)
  const candidates = admits.map(({ task, epoch }) => ({ task, epoch }))
  return { admits, command: { ...turn, expired: [], renewed: [], candidates, hasMore: line.length > free } }
}

/** The first of the line who hold no place, and one more if there is one. */
const firstWaiting = async (world: World, gate: GateRow, count: number): Promise<readonly Waiting[]> => {
  const limit = count + gate.holders.length + 1
  const entries = await world.store.entries(waitlistOf(gateRef(gate.tenant, gate.id)), { limit })
  const inside = new Set(gate.holders.map(({ task }) => task))
  return entries
    .map(({ at, value }) => ({ task: taskAtPlace(at), place: at, epoch: Number(value) }))
    .filter(({ task }) => !inside.has(task))
    .slice(0, count + 1)
}

/** Sees whether silent holders are still on their way through this gate; one that was called and has not heard is called again. */
const checkHolders = async (
  world: World,
  gate: GateRow,
  ref: GateRef,
  at: number,
): Promise<Pick<DispatchGate, 'expired' | 'renewed'>> => {
  const gone: string[] = []
  const kept: { task: string; until: number }[] = []
  for (const { task, epoch, until } of gate.holders) {
    if (until > at) continue
    const row = await world.store.get(taskKeyOf(task))
    // Called before the gate was paused, and come too late; or stopped by a pause further on: others may use its place meanwhile.
    const isStopped = row?.blocked !== undefined && (await isPaused(world, row.blocked === ref ? gate : row.blocked))
    if (row?.blocked === ref && !isStopped) await releaseAll(world, ref, await admitAll(world, ref, [{ task, place: '', epoch }]))
    const believed = row && !isStopped ? believedUntil(row, ref, at) : undefined
    if (believed !== undefined && believed > at) kept.push({ task, until: believed })
    else gone.push(task)
  }
  return { expired: gone, renewed: kept }
}

const isPaused = async (world: World, at: GateRow | GateRef): Promise<boolean> => {
  const gate = typeof at === 'string' ? await world.store.get(gateKey(at)) : at
  return gate !== undefined && effectiveLimits(gate).paused !== undefined
}

/** Until when a place is a task's own without another look; undefined when it is not. */
const believedUntil = (row: TaskRow, ref: GateRef, at: number): number | undefined => {
  if (!gatesOf(row).includes(ref)) return undefined
  return row.state === 'running' ? (row.lease?.until ?? 0) + LIMITS.gateGraceMs : at + LIMITS.gateReservationMs
}

/**
 * Tells tasks that the gate has called them: side by side, for each is a row of its own. If this process dies in the middle,
 * some know and some do not, and both are found again: whoever has a place by the gate, all others in the line.
 *
 * @returns those that do not stand there any more; they have left the line
 */
const admitAll = async (world: World, gate: GateRef, called: readonly Waiting[]): Promise<readonly Waiting[]> => {
  const answers = await sideBySide(called, LIMITS.commandParallelCount, async ({ task, place }) => {
    const done = await apply(world, taskKeyOf(task), () => ({ name: 'admit', at: world.clock.now(), by: BY, gate }))
    if (isRefusal(done) && place) await world.store.dropEntry(waitlistOf(gate), place)
    return done
  })
  return called.filter((_, index) => isRefusal(answers[index]))
}

/** Gives places back that were meant for tasks who have gone: one after another, because all are on the gate's one row. */
const releaseAll = async (world: World, gate: GateRef, gone: readonly Waiting[]): Promise<void> => {
  for (const { task, epoch } of gone) await releaseGate(world, gate, task, epoch)
}

const BY = 'system:gate'
