import { defined } from '../defined.ts'
import { type Instant, iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import type { AcquireGate, DispatchGate, GateCommand } from './command.ts'
import { effectiveLimits, type GateRow, type Holder, isFull, isOpenGate, rateAllowsAt, roomIn } from './row.ts'

/** The rule for gates. It never lets more in than the terms say, and never forgets that somebody waits. */
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
      return holders.length < gate.holders.length ? withHolders(gate, holders) : unchanged(gate, `${command.task} holds no place`)
    }
    case 'enqueue':
      return enqueue(gate, command)
    case 'control':
      return command.revision > gate.revision
        ? { control: command.control, revision: command.revision }
        : unchanged(gate, `it knows of revision ${gate.revision}`)
    case 'dispatch':
      return dispatch(gate, command)
  }
}

const unchanged = (gate: GateRow, why: string): Refusal =>
  refuse('unchanged', `gate ${gate.tenant}/${gate.id} stays as it is: ${why}`)

/** What is left when some have gone. Who was called and never came has not started, whatever had been set aside for it. */
const withHolders = (gate: GateRow, holders: readonly Holder[]): Change => {
  const removed = gate.holders.filter(({ task }) => !holders.some((holder) => holder.task === task))
  return { holders, ...(gate.starts ? { starts: removed.reduce(withoutStart, gate.starts) } : {}) }
}

const withoutStart = (starts: readonly number[], { reservedAt }: Holder): readonly number[] => {
  const index = reservedAt === undefined ? -1 : starts.indexOf(reservedAt)
  return index < 0 ? starts : starts.toSpliced(index, 1)
}

const isReserved = ({ reservedAt }: Holder): boolean => reservedAt !== undefined

/** Who was called, and yet stands in line again (the gate was paused meanwhile), gives way to whoever is first. */
const enqueue = (gate: GateRow, { task, epoch }: Extract<GateCommand, { name: 'enqueue' }>): Change | Refusal => {
  const holders = gate.holders.filter((holder) => !(holder.task === task && isReserved(holder) && holder.epoch < epoch))
  if (holders.length < gate.holders.length) return { ...withHolders(gate, holders), waitlist: true }
  return mustRecordWaiting(gate) ? { waitlist: true } : unchanged(gate, 'it knows of its line')
}

/**
 * Must a gate be written when somebody joins its line? Not when it knows of the line and can call nobody before it is written anyway:
 * whoever turns it then reads the line later than the newcomer joined it. What depends on a clock (the rate) does not count.
 */
const mustRecordWaiting = (gate: GateRow): boolean =>
  !(gate.waitlist && (effectiveLimits(gate).paused !== undefined || isFull(gate)))

/** One that is inside already stays inside. A newcomer never passes those who wait: the line is served by turning only. */
const acquire = (before: GateRow, command: AcquireGate): Change | Refusal => {
  const { task, epoch, until, at, limits, control, revision } = command
  const settings: Change = revision >= before.revision ? { limits, ...defined({ control }), revision } : { limits }
  const gate = { ...before, ...settings } as GateRow
  const now = effectiveLimits(gate)
  const held = gate.holders.find((holder) => holder.task === task)
  const others = gate.holders.filter((holder) => holder.task !== task)
  // Somebody speaks for the task who does not know that it has moved on: the place is not theirs to take, or to give back.
  if (held && held.epoch > epoch)
    return refuse(
      'superseded',
      `${task} holds its place in gate ${gate.tenant}/${gate.id} by epoch ${held.epoch}, not by ${epoch}`,
    )
  // What has no limit counts nobody: the place was only the permission to start.
  const inside = now.limit === undefined ? others : [...others, { task, epoch, until }]
  if (held && !isReserved(held)) return { ...settings, holders: inside }
  if (now.paused) return busy(gate, `it is paused by ${now.paused.by}`)
  // Who has been called has its place; but its start counts from when it comes, which may be when others have come as well.
  if (!held && gate.waitlist) return busy(gate, 'others wait before it')
  if (!held && now.limit !== undefined && others.length >= now.limit)
    return busy(gate, `${others.length} of ${now.limit} places are taken`)
  const rest = { ...gate, ...(held && gate.starts ? { starts: withoutStart(gate.starts, held) } : {}) }
  const allowedAt = rateAllowsAt(rest, now.rate)
  if (at < allowedAt) return busy(gate, `its rate is used up until ${iso(allowedAt)}`, allowedAt)
  if (!held && isOpenGate(now)) return unchanged(gate, 'it is open')
  const lastStart = now.limit === undefined ? { lastStart: `${task}/${epoch}` } : {}
  return { ...settings, holders: inside, ...withStarts(rest, [at]), ...lastStart }
}

const busy = (gate: GateRow, why: string, retryAt?: number): Refusal =>
  refuse('busy', `gate ${gate.tenant}/${gate.id}: ${why}`, retryAt === undefined ? {} : { retryAt })

/** Starts are kept in order, and only as many as the rate looks back upon. */
const withStarts = (gate: GateRow, at: readonly number[]): Pick<GateRow, 'starts'> | object => {
  const { rate } = effectiveLimits(gate)
  return rate ? { starts: [...(gate.starts ?? []), ...at].sort((a, b) => a - b).slice(-rate.count) } : {}
}

/**
 * First it is settled who is still inside; that is a commit of its own, so that the line is read after it. Then those who
 * stand first are called in, as many as the terms allow. Only who could have called somebody may say that nobody waits.
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

/** How many the gate may call in now. */
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
  // A wake-up that has just been spent is armed anew even if it is for the same instant.
  const isArmed = dueAt !== undefined && (dueAt !== armed || command.name === 'dispatch')
  const isEmpty = next.holders.length === 0 && !waitlist && !next.control?.paused
  return {
    ...next,
    epoch: isArmed ? version : gate.epoch,
    ...defined({ dueAt }),
    ...(isEmpty ? { forgetAt: command.at + LIMITS.gateKeepMs } : {}),
  }
}

/** An earlier wake-up that is armed already is left to come: it costs less than a new one, and looks again for itself. */
const dueAtOf = (gate: GateRow, armed: number | undefined, { name, at }: GateCommand): number | undefined => {
  const wanted = nextDispatchAt(gate, at)
  // One that is long overdue has been lost: rather than to the sweep, it is left to who comes by.
  const isLost = armed !== undefined && armed < at - LIMITS.gateOverdueMs
  if (name === 'dispatch' || armed === undefined || isLost) return wanted
  return wanted === undefined || armed <= wanted ? armed : wanted
}

/**
 * When the gate has something to do for those who wait: call the next as soon as a place and the rate allow it, or look
 * after a holder that is silent for too long. A gate for which nobody waits needs no turning.
 */
export const nextDispatchAt = (gate: GateRow, at: Instant): Instant | undefined => {
  const { rate, paused } = effectiveLimits(gate)
  const earliestUntil = (holders: GateRow['holders']) => Math.min(...holders.map(({ until }) => until))
  const reserved = gate.holders.filter((holder) => holder.reservedAt !== undefined)
  // Who was called and does not come must be called again, whether or not others wait.
  const reservationAt = reserved.length > 0 ? Math.max(at, earliestUntil(reserved)) : Number.POSITIVE_INFINITY
  const waitlistAt =
    !gate.waitlist || paused
      ? Number.POSITIVE_INFINITY
      : Math.max(at, isFull(gate) ? earliestUntil(gate.holders) : rateAllowsAt(gate, rate))
  const next = Math.min(reservationAt, waitlistAt)
  return Number.isFinite(next) ? next : undefined
}
