import { CONTROL_LANE, DEFAULT_LANES, type Lane, type Lanes } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import { assertLanes } from './lanes.ts'

/** Executions that are kept for one of Carillon's own functions. They also bound it: it never has more. */
export type ReservedConcurrency = {
  /** For the API, so that busy lanes do not make it answer 503. @default none */
  readonly api?: number
  /** For the relay, so that busy lanes do not delay wake-ups. It uses up to four for each shard of the table's stream. @default none */
  readonly relay?: number
  /** For gates and bulk operations; this is also the maximum concurrency of the control lane. @default none */
  readonly control?: number
}

/** What a deployment may use of the account's concurrent executions. */
export type Concurrency = {
  readonly lanes: Lanes
  /** The control lane; its maximum concurrency is in proportion to the account, or what is reserved. */
  readonly control: Lane
  readonly reserved: ReservedConcurrency
}

/** The functions without a maximum or a reservation need at least one execution each: `api`, `relay`, `publish` and `sweep`. */
const OTHER_FUNCTIONS_COUNT = 4

/** The lanes that a small account keeps, the most important first. */
const KEPT_FIRST = ['normal', 'long', 'high', 'low'] as const

/**
 * The default lanes, scaled so that they fit into the account together with Carillon's own functions. A lane has a maximum
 * concurrency of at least 2, so an account below 16 has room for some of the lanes only: one with 10 has `normal`.
 *
 * @param accountConcurrency concurrent executions of the account that Carillon may use
 * @example lanesFor(10) // { normal: lane('normal', 60_000, { maxConcurrency: 2 }) }
 */
export const lanesFor = (accountConcurrency: number): Lanes =>
  lanesWithin(accountConcurrency - ownConcurrency(accountConcurrency, {}))

const lanesWithin = (room: number): Lanes => {
  const least = LIMITS.laneConcurrencyLeastCount
  const kept = KEPT_FIRST.slice(0, Math.max(1, Math.floor(room / least)))
  const lanes = Object.values(DEFAULT_LANES).filter(({ name }) => kept.some((one) => one === name))
  const sum = sumOf(lanes)
  const share = Math.max(0, Math.min(1, (room - lanes.length * least) / (sum - lanes.length * least)))
  return Object.fromEntries(
    lanes.map((it) => [it.name, { ...it, maxConcurrency: least + Math.floor((it.maxConcurrency - least) * share) }]),
  )
}

/**
 * The concurrency of a deployment.
 *
 * @throws TypeError when the lanes and Carillon's own functions do not fit into the account, with what would fit
 */
export const concurrencyOf = (
  given: Lanes | undefined,
  reserved: ReservedConcurrency = {},
  accountConcurrency: number = LIMITS.accountConcurrencyCount,
): Concurrency => {
  assertWhole(accountConcurrency, 'accountConcurrency', 1)
  for (const name of ['api', 'relay', 'control'] as const)
    if (reserved[name] !== undefined)
      assertWhole(reserved[name], `reservedConcurrency.${name}`, name === 'control' ? LIMITS.laneConcurrencyLeastCount : 1)
  assertReservable(reserved, accountConcurrency)
  const own = ownConcurrency(accountConcurrency, reserved)
  const lanes = given ?? lanesWithin(accountConcurrency - own)
  assertLanes(lanes)
  const wanted = sumOf(Object.values(lanes))
  if (wanted + own > accountConcurrency) throw new TypeError(tooMuch(lanes, own, accountConcurrency))
  return { lanes, control: { ...CONTROL_LANE, maxConcurrency: controlConcurrency(accountConcurrency, reserved) }, reserved }
}

const tooMuch = (lanes: Lanes, own: number, account: number): string => {
  const list = Object.values(lanes).map(({ name, maxConcurrency }) => `${name} ${maxConcurrency}`)
  const room = account - own
  const count = Object.keys(lanes).length
  const most = Math.floor(room / LIMITS.laneConcurrencyLeastCount)
  const fits =
    most < 1
      ? 'no lane fits; raise the quota of the account'
      : `lower their maxConcurrency to ${room} together${count > most ? `, keep at most ${most} of them` : ''}, or raise the quota of the account`
  return `the lanes may run ${sumOf(Object.values(lanes))} executions at once (${list.join(', ')}), and Carillon's own functions need ${own}, but accountConcurrency is ${account}: ${fits}`
}

/** What the functions beside the lanes may use at once, or need at least. */
const ownConcurrency = (account: number, reserved: ReservedConcurrency): number => {
  const others = OTHER_FUNCTIONS_COUNT + (reserved.api ? reserved.api - 1 : 0) + (reserved.relay ? reserved.relay - 1 : 0)
  return controlConcurrency(account, reserved) + LIMITS.deadLettersConcurrencyCount + others
}

/** A hundredth of the account, but at least what a mapping allows and at most the control lane's own. */
const controlConcurrency = (account: number, { control }: ReservedConcurrency): number =>
  control ?? Math.min(CONTROL_LANE.maxConcurrency, Math.max(LIMITS.laneConcurrencyLeastCount, Math.floor(account / 100)))

/** Lambda keeps executions for the functions without a reservation, and refuses a reservation that would take them. */
const assertReservable = (reserved: ReservedConcurrency, account: number): void => {
  const sum = sumReserved(reserved)
  const most = account - LIMITS.unreservedConcurrencyCount
  if (sum > 0 && sum > most)
    throw new TypeError(
      `reservedConcurrency must be at most ${Math.max(0, most)} together, got ${sum}: accountConcurrency is ${account}, and Lambda keeps ${LIMITS.unreservedConcurrencyCount} executions unreserved`,
    )
}

const assertWhole = (value: number, name: string, least: number): void => {
  if (!Number.isSafeInteger(value) || value < least)
    throw new TypeError(`${name} must be a whole number from ${least}, got ${value}`)
}

const sumReserved = ({ api = 0, relay = 0, control = 0 }: ReservedConcurrency): number => api + relay + control

const sumOf = (lanes: readonly Lane[]): number => lanes.reduce((sum, { maxConcurrency }) => sum + maxConcurrency, 0)
