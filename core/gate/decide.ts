import { defined } from '../defined.ts'
import { type Instant, iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import type { AcquireGate, DispatchGate, GateCommand } from './command.ts'
import { effectiveLimits, type GateRow, type Holder, isFull, isOpenGate, rateAllowsAt, roomIn } from './row.ts'

/**
 * The commands of a gate: a concurrency and rate limit with a waitlist (`GateRow` explains it).
 *
 * 1. `acquire` gives a task a place while there is room, the rate allows a start, and no task waits.
 * 2. `release` frees the place, unless the task has acquired it again with a newer epoch.
 * 3. `enqueue` records that the waitlist is not empty.
 * 4. `control` stores a limit or a pause of the API.
 * 5. `dispatch` first drops or renews silent holders; in a later commit it reserves places for the first waiting tasks.
 * 6. Two invariants hold: no more holders than the limit allows, and a wake-up whenever a waiting task can be served.
 */
export const decideGate = (key: Key, row: GateRow | undefined, command: GateCommand): GateRow | Refusal => {
  const gate = row ?? newGate(key, command.at)
  const changed = changeOf(gate, command)
  return 'refused' in changed ? changed : commit(gate, changed, command)
}

const newGate = ({ tenant, id }: Key, at: number): GateRow => ({
  kind: 'gate',
  tenant,
  id,
  version: 0,
  epoch: 0,
  updatedAt: at,
  limits: {},
  revision: 0,
  holders: [],
})

type Change = Partial<Omit<GateRow, 'waitlist'>> & { readonly waitlist?: boolean }

const changeOf = (gate: GateRow, command: GateCommand): Change | Refusal => {
  switch (command.name) {
    case 'acquire':
      return acquire(gate, command)
    case 'release': {
      const holders = gate.holders.filter(({ task, epoch }) => task !== command.task || epoch > command.epoch)
      return holders.length < gate.holders.length
        ? withHolders(gate, holders)
        : unchanged(gate, `task ${command.task} holds no place`)
    }
    case 'enqueue':
      return enqueue(gate, command)
    case 'control':
      return command.revision > gate.revision
        ? { control: command.control, revision: command.revision }
        : unchanged(gate, `it already has revision ${gate.revision}`)
    case 'dispatch':
      return dispatch(gate, command)
  }
}

const unchanged = (gate: GateRow, why: string): Refusal =>
  refuse('unchanged', `gate ${gate.tenant}/${gate.id} is unchanged: ${why}`)

/** The gate with these holders only. A removed reservation was no start, so its entry in `starts` goes too. */
const withHolders = (gate: GateRow, holders: readonly Holder[]): Change => {
  const removed = gate.holders.filter(({ task }) => !holders.some((holder) => holder.task === task))
  return { holders, ...(gate.starts ? { starts: removed.reduce(withoutStart, gate.starts) } : {}) }
}

const withoutStart = (starts: readonly number[], { reservedAt }: Holder): readonly number[] => {
  const index = reservedAt === undefined ? -1 : starts.indexOf(reservedAt)
  return index < 0 ? starts : starts.toSpliced(index, 1)
}

const isReserved = ({ reservedAt }: Holder): boolean => reservedAt !== undefined

/** A task with a reservation that waits again (the gate was paused meanwhile) loses the reservation to the first waiting task. */
const enqueue = (gate: GateRow, { task, epoch }: Extract<GateCommand, { name: 'enqueue' }>): Change | Refusal => {
  const holders = gate.holders.filter((holder) => !(holder.task === task && isReserved(holder) && holder.epoch < epoch))
  if (holders.length < gate.holders.length) return { ...withHolders(gate, holders), waitlist: true }
  return mustRecordWaiting(gate) ? { waitlist: true } : unchanged(gate, 'its waitlist is recorded already')
}

/**
 * Must the gate be written when a task joins its waitlist? No, when the waitlist is recorded and the gate can admit no task
 * before its next write: the dispatch after that write reads the waitlist later than this task joined. A used-up rate does
 * not count, because it ends by the clock without a write.
 */
const mustRecordWaiting = (gate: GateRow): boolean =>
  !(gate.waitlist && (effectiveLimits(gate).paused !== undefined || isFull(gate)))

/** A task that holds a place keeps it. A new task never overtakes the waitlist: only a dispatch serves the waitlist. */
const acquire = (before: GateRow, command: AcquireGate): Change | Refusal => {
  const { task, epoch, until, at, limits, control, revision } = command
  const settings: Change = revision >= before.revision ? { limits, ...defined({ control }), revision } : { limits }
  const gate = { ...before, ...settings } as GateRow
  const now = effectiveLimits(gate)
  const held = gate.holders.find((holder) => holder.task === task)
  const others = gate.holders.filter((holder) => holder.task !== task)
  // The command has an older epoch of the task, so it can neither acquire nor release the place.
  if (held && held.epoch > epoch)
    return refuse(
      'superseded',
      `task ${task} holds its place in gate ${gate.tenant}/${gate.id} with epoch ${held.epoch}, not ${epoch}`,
    )
  // A gate without limit keeps no holders: the reservation only permitted the start.
  const inside = now.limit === undefined ? others : [...others, { task, epoch, until }]
  if (held && !isReserved(held)) return { ...settings, holders: inside }
  if (now.paused) return busy(gate, `paused by ${now.paused.by}`)
  // A reserved task has its place. Its start counts now, not at the reservation: other tasks may have started since.
  if (!held && gate.waitlist) return busy(gate, 'other tasks wait before it')
  if (!held && now.limit !== undefined && others.length >= now.limit)
    return busy(gate, `${others.length} of ${now.limit} places are taken`)
  const rest = { ...gate, ...(held && gate.starts ? { starts: withoutStart(gate.starts, held) } : {}) }
  const allowedAt = rateAllowsAt(rest, now.rate)
  if (at < allowedAt) return busy(gate, `its rate allows no start until ${iso(allowedAt)}`, allowedAt)
  if (!held && isOpenGate(now)) return unchanged(gate, 'it has no limits')
  const lastStart = now.limit === undefined ? { lastStart: `${task}/${epoch}` } : {}
  return { ...settings, holders: inside, ...withStarts(rest, [at]), ...lastStart }
}

const busy = (gate: GateRow, why: string, retryAt?: number): Refusal =>
  refuse('busy', `gate ${gate.tenant}/${gate.id}: ${why}`, retryAt === undefined ? {} : { retryAt })

/** The starts in order, only as many as the rate counts. */
const withStarts = (gate: GateRow, at: readonly number[]): Pick<GateRow, 'starts'> | object => {
  const { rate } = effectiveLimits(gate)
  return rate ? { starts: [...(gate.starts ?? []), ...at].sort((a, b) => a - b).slice(-rate.count) } : {}
}

/**
 * A dispatch that drops or renews holders does nothing else, so that the waitlist is read after that commit. Any other
 * dispatch reserves places for the first waiting tasks, as many as the limits allow. Only a dispatch that could admit a task
 * may record an empty waitlist.
 */
const dispatch = (gate: GateRow, command: DispatchGate): Change | Refusal => {
  if (command.version !== gate.version) {
    return refuse('superseded', `gate ${gate.tenant}/${gate.id} is at version ${gate.version}, not at ${command.version}`)
  }
  const { expired, renewed, candidates, hasMore, until, at } = command
  if (expired.length + renewed.length > 0) {
    const remaining = gate.holders.filter(({ task }) => !expired.includes(task))
    return withHolders(
      gate,
      remaining.map((holder) => ({ ...holder, ...renewed.find(({ task }) => task === holder.task) })),
    )
  }
  const free = placesFree(gate, at)
  if (free === 0) return {}
  if (isOpenGate(effectiveLimits(gate))) return hasMore || candidates.length > 0 ? {} : { waitlist: false }
  const admitted = candidates.slice(0, free)
  const holders: readonly Holder[] = [...gate.holders, ...admitted.map((it) => ({ ...it, until, reservedAt: at }))]
  return {
    holders,
    ...withStarts(
      gate,
      admitted.map(() => at),
    ),
    waitlist: hasMore || admitted.length < candidates.length,
  }
}

/** How many tasks the gate may admit now. */
export const placesFree = (gate: GateRow, at: number): number => {
  const { rate, paused } = effectiveLimits(gate)
  if (paused) return 0
  const recent = rate ? (gate.starts ?? []).filter((start) => start > at - rate.periodMs).length : 0
  return Math.max(0, Math.min(roomIn(gate), rate ? rate.count - recent : Number.POSITIVE_INFINITY))
}

const commit = (gate: GateRow, change: Change, command: GateCommand): GateRow => {
  const { waitlist = gate.waitlist === true, ...rest } = change
  const { waitlist: _, dueAt: armed, forgetAt: __, ...kept } = gate
  const version = gate.version + 1
  const next: GateRow = { ...kept, ...rest, version, updatedAt: command.at, ...(waitlist ? { waitlist } : {}) }
  const dueAt = dueAtOf(next, armed, command)
  // A dispatch used up its wake-up: the next one is armed even for the same instant.
  const isArmed = dueAt !== undefined && (dueAt !== armed || command.name === 'dispatch')
  const isEmpty = next.holders.length === 0 && !waitlist && !next.control?.paused
  return {
    ...next,
    epoch: isArmed ? version : gate.epoch,
    ...defined({ dueAt }),
    ...(isEmpty ? { forgetAt: command.at + LIMITS.gateKeepMs } : {}),
  }
}

/** An earlier wake-up that is armed already stays: that is cheaper than a new one, and its dispatch arms the next. */
const dueAtOf = (gate: GateRow, armed: number | undefined, { name, at }: GateCommand): number | undefined => {
  const wanted = nextDispatchAt(gate, at)
  // An overdue wake-up counts as lost. The next command arms a new one, which is sooner than the sweep.
  const isLost = armed !== undefined && armed < at - LIMITS.gateOverdueMs
  if (name === 'dispatch' || armed === undefined || isLost) return wanted
  return wanted === undefined || armed <= wanted ? armed : wanted
}

/**
 * When the gate must dispatch: as soon as a place and the rate allow a waiting task to start, or when a holder has been
 * silent for too long. A gate without waiting tasks and reservations needs no dispatch.
 */
export const nextDispatchAt = (gate: GateRow, at: Instant): Instant | undefined => {
  const { rate, paused } = effectiveLimits(gate)
  const earliestUntil = (holders: GateRow['holders']) => Math.min(...holders.map(({ until }) => until))
  const reserved = gate.holders.filter((holder) => holder.reservedAt !== undefined)
  // A reserved task that does not start must be admitted again, whether or not other tasks wait.
  const reservationAt = reserved.length > 0 ? Math.max(at, earliestUntil(reserved)) : Number.POSITIVE_INFINITY
  const waitlistAt =
    !gate.waitlist || paused
      ? Number.POSITIVE_INFINITY
      : Math.max(at, isFull(gate) ? earliestUntil(gate.holders) : rateAllowsAt(gate, rate))
  const next = Math.min(reservationAt, waitlistAt)
  return Number.isFinite(next) ? next : undefined
}
