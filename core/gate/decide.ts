import { type Instant, iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'
import type { EnterGate, GateCommand, TurnGate } from './command.ts'
import { type GateRow, type Holder, isFull, isOpenGate, rateAllowsAt, roomIn, termsOf } from './row.ts'

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
  terms: {},
  revision: 0,
  holders: [],
})

type Change = Partial<Omit<GateRow, 'line'>> & { readonly line?: boolean }

const changeOf = (gate: GateRow, command: GateCommand): Change | Refusal => {
  switch (command.name) {
    case 'enter':
      return enter(gate, command)
    case 'leave': {
      const holders = gate.holders.filter(({ task, epoch }) => task !== command.task || epoch > command.epoch)
      return holders.length < gate.holders.length ? staying(gate, holders) : unchanged(gate, `${command.task} holds no place`)
    }
    case 'arrive':
      return arrive(gate, command)
    case 'control':
      return command.revision > gate.revision
        ? { control: command.control, revision: command.revision }
        : unchanged(gate, `it knows of revision ${gate.revision}`)
    case 'turn':
      return turn(gate, command)
  }
}

const unchanged = (gate: GateRow, why: string): Refusal =>
  refuse('unchanged', `gate ${gate.tenant}/${gate.id} stays as it is: ${why}`)

/** What is left when some have gone. Who was called and never came has not started, whatever had been set aside for it. */
const staying = (gate: GateRow, holders: readonly Holder[]): Change => {
  const gone = gate.holders.filter(({ task }) => !holders.some((holder) => holder.task === task))
  return { holders, ...(gate.starts ? { starts: gone.reduce(without, gate.starts) } : {}) }
}

const without = (starts: readonly number[], { called }: Holder): readonly number[] => {
  const index = called === undefined ? -1 : starts.indexOf(called)
  return index < 0 ? starts : starts.toSpliced(index, 1)
}

const isCalled = ({ called }: Holder): boolean => called !== undefined

/** Who was called, and yet stands in line again (the gate was paused meanwhile), gives way to whoever is first. */
const arrive = (gate: GateRow, { task, epoch }: Extract<GateCommand, { name: 'arrive' }>): Change | Refusal => {
  const holders = gate.holders.filter((holder) => !(holder.task === task && isCalled(holder) && holder.epoch < epoch))
  if (holders.length < gate.holders.length) return { ...staying(gate, holders), line: true }
  return arriveMatters(gate) ? { line: true } : unchanged(gate, 'it knows of its line')
}

/**
 * Must a gate be written when somebody joins its line? Not when it knows of the line and can call nobody before it is written anyway:
 * whoever turns it then reads the line later than the newcomer joined it. What depends on a clock (the rate) does not count.
 */
const arriveMatters = (gate: GateRow): boolean => !(gate.line && (termsOf(gate).paused !== undefined || isFull(gate)))

/** One that is inside already stays inside. A newcomer never passes those who wait: the line is served by turning only. */
const enter = (before: GateRow, command: EnterGate): Change | Refusal => {
  const { task, epoch, until, at, terms, control, revision } = command
  const said: Change = revision >= before.revision ? { terms, ...(control ? { control } : {}), revision } : { terms }
  const gate = { ...before, ...said } as GateRow
  const now = termsOf(gate)
  const place = gate.holders.find((holder) => holder.task === task)
  const others = gate.holders.filter((holder) => holder.task !== task)
  // Somebody speaks for the task who does not know that it has moved on: the place is not theirs to take, or to give back.
  if (place && place.epoch > epoch)
    return refuse(
      'superseded',
      `${task} holds its place in gate ${gate.tenant}/${gate.id} by epoch ${place.epoch}, not by ${epoch}`,
    )
  // What has no limit counts nobody: the place was only the permission to start.
  const inside = now.limit === undefined ? others : [...others, { task, epoch, until }]
  if (place && !isCalled(place)) return { ...said, holders: inside }
  if (now.paused) return busy(gate, `it is paused by ${now.paused.by}`)
  // Who has been called has its place; but its start counts from when it comes, which may be when others have come as well.
  if (!place && gate.line) return busy(gate, 'others wait before it')
  if (!place && now.limit !== undefined && others.length >= now.limit)
    return busy(gate, `${others.length} of ${now.limit} places are taken`)
  const rest = { ...gate, ...(place && gate.starts ? { starts: without(gate.starts, place) } : {}) }
  const allowedAt = rateAllowsAt(rest, now.rate)
  if (at < allowedAt) return busy(gate, `its rate is used up until ${iso(allowedAt)}`, allowedAt)
  if (!place && isOpenGate(now)) return unchanged(gate, 'it is open')
  const last = now.limit === undefined ? { last: `${task}/${epoch}` } : {}
  return { ...said, holders: inside, ...started(rest, [at]), ...last }
}

const busy = (gate: GateRow, why: string, retryAt?: number): Refusal =>
  refuse('busy', `gate ${gate.tenant}/${gate.id}: ${why}`, retryAt === undefined ? {} : { retryAt })

/** Starts are kept in order, and only as many as the rate looks back upon. */
const started = (gate: GateRow, at: readonly number[]): Pick<GateRow, 'starts'> | object => {
  const { rate } = termsOf(gate)
  return rate ? { starts: [...(gate.starts ?? []), ...at].sort((a, b) => a - b).slice(-rate.count) } : {}
}

/**
 * First it is settled who is still inside; that is a commit of its own, so that the line is read after it. Then those who
 * stand first are called in, as many as the terms allow. Only who could have called somebody may say that nobody waits.
 */
const turn = (gate: GateRow, command: TurnGate): Change | Refusal => {
  if (command.version !== gate.version) {
    return refuse('superseded', `gate ${gate.tenant}/${gate.id} is at version ${gate.version}, not at ${command.version}`)
  }
  const { gone, kept, first, more, until, at } = command
  if (gone.length + kept.length > 0) {
    const stay = gate.holders.filter(({ task }) => !gone.includes(task))
    return staying(
      gate,
      stay.map((holder) => ({ ...holder, ...kept.find(({ task }) => task === holder.task) })),
    )
  }
  const callable = placesFree(gate, at)
  if (callable === 0) return {}
  if (isOpenGate(termsOf(gate))) return more || first.length > 0 ? {} : { line: false }
  const called = first.slice(0, callable)
  const holders: readonly Holder[] = [...gate.holders, ...called.map((it) => ({ ...it, until, called: at }))]
  return {
    holders,
    ...started(
      gate,
      called.map(() => at),
    ),
    line: more || called.length < first.length,
  }
}

/** How many the gate may call in now. */
export const placesFree = (gate: GateRow, at: number): number => {
  const { rate, paused } = termsOf(gate)
  if (paused) return 0
  const recent = rate ? (gate.starts ?? []).filter((start) => start > at - rate.periodMs).length : 0
  return Math.max(0, Math.min(roomIn(gate), rate ? rate.count - recent : Number.POSITIVE_INFINITY))
}

const commit = (gate: GateRow, change: Change, command: GateCommand): GateRow => {
  const { line = gate.line === true, ...rest } = change
  const { line: _, dueAt: armed, forgetAt: __, ...kept } = gate
  const version = gate.version + 1
  const next: GateRow = { ...kept, ...rest, version, updatedAt: command.at, ...(line ? { line } : {}) }
  const dueAt = dueAtOf(next, armed, command)
  // A wake-up that has just been spent is armed anew even if it is for the same instant.
  const isArmed = dueAt !== undefined && (dueAt !== armed || command.name === 'turn')
  const isEmpty = next.holders.length === 0 && !line && !next.control?.paused
  return {
    ...next,
    epoch: isArmed ? version : gate.epoch,
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(isEmpty ? { forgetAt: command.at + LIMITS.gateKeepMs } : {}),
  }
}

/** An earlier wake-up that is armed already is left to come: it costs less than a new one, and looks again for itself. */
const dueAtOf = (gate: GateRow, armed: number | undefined, { name, at }: GateCommand): number | undefined => {
  const wanted = nextTurn(gate, at)
  // One that is long overdue has been lost: rather than to the sweep, it is left to who comes by.
  const isLost = armed !== undefined && armed < at - LIMITS.gateLateMs
  if (name === 'turn' || armed === undefined || isLost) return wanted
  return wanted === undefined || armed <= wanted ? armed : wanted
}

/**
 * When the gate has something to do for those who wait: call the next as soon as a place and the rate allow it, or look
 * after a holder that is silent for too long. A gate for which nobody waits needs no turning.
 */
export const nextTurn = (gate: GateRow, at: Instant): Instant | undefined => {
  const { rate, paused } = termsOf(gate)
  const lookAt = (holders: GateRow['holders']) => Math.min(...holders.map(({ until }) => until))
  const called = gate.holders.filter((holder) => holder.called !== undefined)
  // Who was called and does not come must be called again, whether or not others wait.
  const calls = called.length > 0 ? Math.max(at, lookAt(called)) : Number.POSITIVE_INFINITY
  const line =
    !gate.line || paused ? Number.POSITIVE_INFINITY : Math.max(at, isFull(gate) ? lookAt(gate.holders) : rateAllowsAt(gate, rate))
  const next = Math.min(calls, line)
  return Number.isFinite(next) ? next : undefined
}
