import { WOKEN_KINDS, wakeupsOf } from '../../core/consequences.ts'
import type { Command, KeyOf, Kind, Row } from '../../core/kinds.ts'
import { CONTROL_LANE, DEFAULT_LANES } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import { keyText } from '../../core/row/key.ts'
import { decodeNudge, encodeNudge, type Nudge, nudgeOf } from '../../core/row/nudge.ts'
import type { App } from '../../engine/app.ts'
import { apply } from '../../engine/apply.ts'
import type { Change, DeadLetter, Message } from '../../engine/message.ts'
import type { Queue, Store } from '../../engine/world.ts'
import type { VirtualClock } from '../memory/clock.ts'
import { memoryQueue } from '../memory/queue.ts'
import type { MemoryStore } from '../memory/store.ts'
import { memoryTimers } from '../memory/timers.ts'
import type { Engine } from './engine.ts'
import { environmentsOn } from './environments.ts'
import type { Faults } from './faults.ts'
import { faultyQueue, faultyTimers, fullTimers } from './faulty-queue.ts'
import type { Process, Shared } from './process.ts'
import { between, randomOf } from './random.ts'
import { type Recorder, recordedBus, recordedStore } from './recorder.ts'
import { throttlingOn } from './throttling.ts'
import type { Client, WorkloadContext } from './workload/client.ts'
import type { Plan, PoisonedRow, StrayMessage } from './workload/plan.ts'
import { ENVIRONMENT, TYPES, typesIn, UNREGISTERED_TYPE } from './workload/types.ts'

/** The inputs of a harness. `engineStore` is the store that the engine uses. */
export type HarnessOptions = {
  readonly seed: number
  readonly clock: VirtualClock
  readonly faults: Faults
  readonly recorder: Recorder
  readonly store: MemoryStore
  readonly engineStore: Store
  readonly engine: Engine
  readonly outage: Plan['outage']
  readonly healAt: Plan['healAt']
  readonly throttling: Plan['throttling']
  /** Deliveries of a message before it becomes a dead letter. */
  readonly receiveCount: number
  readonly refusesTimers: boolean
  readonly tenantLimit?: number
}

/** All parts of a deployment that run by themselves (relay, executors, sweep, dead letters), and the API for callers. */
export type Harness = {
  readonly client: Client
  readonly sendStray: (stray: StrayMessage) => void
  readonly poison: WorkloadContext['poison']
  readonly poisonRow: (row: PoisonedRow) => void
  /** How often a nudge was refused, by code. */
  readonly refusals: () => Readonly<Record<string, number>>
  /** Changes and messages that are not handled yet; undefined when there are none. */
  readonly unsettledWork: () => string | undefined
}

/** The function timeout of each step, as deployed, so a crash between two calls has the same delay as there. */
const API_MS = 29_000
const RELAY_MS = 60_000
const SWEEP_MS = LIMITS.sweepEveryMs
const DEAD_LETTERS_MS = 60_000
const RETENTION_MS = 2_592_000_000
/** Less than the shortest wait before a redelivery, so some dead letters come before their task is due. */
const POISON_PAUSE_MS = 20_000

/** Starts the harness of one run. */
export const harnessOf = ({
  seed,
  clock,
  faults,
  recorder,
  store,
  engineStore,
  engine,
  outage,
  healAt,
  throttling,
  receiveCount,
  refusesTimers,
  tenantLimit,
}: HarnessOptions): Harness => {
  const refused: Record<string, number> = {}
  let issuedCount = 0
  const shared: Shared = {
    clock,
    random: randomOf(`${seed}/ground`),
    faults,
    isStoreUnavailable: () => clock.now() >= outage.from && clock.now() < outage.to && faults.occurs('store unavailable'),
    isThrottled: throttlingOn({ clock, random: randomOf(`${seed}/throttling`), faults, healAt }),
    partsOf: (process) => ({
      store: recordedStore(engineStore, process, recorder),
      timers,
      queue: unreliableQueue,
      bus: recordedBus(recorder),
      ids: { next: () => (++issuedCount).toString(36).padStart(26, '0') },
    }),
    log: (process, level, message, fields) => {
      recorder.traceLine(`${process} ${level} ${message} ${rowIdIn(fields)}`)
      if (message.startsWith('nudge.')) refused[message.slice(6)] = (refused[message.slice(6)] ?? 0) + 1
    },
    meter: () => {},
    processDied: recorder.processDied,
    processToldToStop: recorder.processToldToStop,
    processInvoked: recorder.processInvoked,
  }
  const { invoke } = environmentsOn(shared)

  const app: App = {
    types: new Map(TYPES.map((type) => [type.name, type])),
    lanes: DEFAULT_LANES,
    retentionMs: RETENTION_MS,
    environmentId: ENVIRONMENT,
    ...(tenantLimit === undefined ? {} : { tenantLimit: { limit: tenantLimit } }),
  }
  const appIn = (process: Process): App => ({ ...app, types: typesIn(process, recorder) })

  const deliver = (lane: string, messages: readonly Message[]): Promise<readonly string[]> =>
    new Promise((resolve) => {
      const isThrottled = clock.now() >= throttling.from && clock.now() < throttling.to && faults.occurs('receive throttled')
      if (isThrottled) return resolve(messages.map(({ id }) => id))
      const isControl = lane === CONTROL_LANE.name
      const timeoutMs = (isControl ? CONTROL_LANE : DEFAULT_LANES[lane])?.functionTimeoutMs ?? 0
      const step = isControl ? 'control' : 'execute'
      const returned = invoke(
        step,
        timeoutMs,
        (process) => handleAll(process, step, messages),
        () => {
          // Only nudges may get lost with a worker: other messages cannot be sent again from a row.
          if (faults.occurs('message lost with its worker'))
            resolve(messages.filter(({ body }) => !isNudge(body)).map(({ id }) => id))
        },
      )
      void returned.then(resolve)
    })

  const handleAll = async (
    process: Process,
    step: 'control' | 'execute',
    messages: readonly Message[],
  ): Promise<readonly string[]> => {
    const inProcess = appIn(process)
    const returned = messages.map(async (message) => {
      try {
        const { delivery } = await engine[step](process.world, inProcess, { ...message, stop: process.stop })
        return delivery === 'return' ? [message.id] : []
      } catch {
        return [message.id]
      }
    })
    return (await Promise.all(returned)).flat()
  }

  const handleDeadLetter = async (deadLetter: DeadLetter): Promise<void> => {
    const { delivery } = await invoke('dead-letters', DEAD_LETTERS_MS, (process) =>
      engine.handleDeadLetter(process.world, app, deadLetter),
    )
    if (delivery === 'return') throw new Error(`dead letter ${deadLetter.id} must become visible again`)
  }

  const queue = memoryQueue({
    lanes: DEFAULT_LANES,
    ticker: clock,
    deliver,
    handleDeadLetter,
    receiveCount,
    random: randomOf(`${seed}/lanes`),
    faults: { shuffles: true },
  })
  const send: Queue['send'] = (nudge, delayMs) => {
    recorder.sent(nudge)
    return queue.send(nudge, delayMs)
  }
  const unreliableQueue = faultyQueue({ clock, random: randomOf(`${seed}/queue`), faults }, { ...queue, send })
  const timers = refusesTimers
    ? fullTimers
    : faultyTimers(
        { clock, random: randomOf(`${seed}/timers`), faults },
        memoryTimers({ ticker: clock, random: randomOf(`${seed}/tolerance`), send: unreliableQueue.send }),
        unreliableQueue,
      )

  const relayChange = async ({ world }: Process, change: Change): Promise<void> => {
    await engine.relay(world, change, app)
    await engine.publish(world, change)
  }
  store.follow({
    deliver: (change) => invoke('relay', RELAY_MS, (process) => relayChange(process, change)),
    ticker: clock,
    timeoutMs: RELAY_MS,
    // Few, so some changes become dead letters of the relay, whose function relays them again.
    tries: 4,
    onDead: (change) =>
      new Promise((resolve, reject) => {
        const died = () => reject(new Error('the process died'))
        invoke('dead-letters', DEAD_LETTERS_MS, (process) => relayChange(process, change), died).then(resolve, reject)
      }),
  })

  const sweepNow = (): void => {
    clock.at(clock.now() + LIMITS.sweepEveryMs, sweepNow)
    invoke('sweep', SWEEP_MS, (process) => engine.sweep(process.world, app)).then(
      ({ repaired }) => recorder.traceLine(`sweep: ${repaired} repaired`),
      () => recorder.traceLine('sweep: failed'),
    )
  }
  clock.at(clock.now() + between(randomOf(`${seed}/sweep`), 0, LIMITS.sweepEveryMs), sweepNow)

  /** Moves the present message of a row to the dead-letter queue, and each next one soon after it was sent. */
  const poison = (key: KeyOf<Kind>, deaths: number): void => {
    void store.get(key).then((row) => {
      const nudge = row && nudgeIn(row)
      if (!nudge || deaths === 0) return
      const body = encodeNudge(nudge)
      recorder.poisoned(keyText(key))
      queue.sendDeadLetter({
        id: `dead-${row.version}`,
        body,
        receiveCount,
        source: `lane:${nudge.lane}`,
      })
      clock.at(clock.now() + POISON_PAUSE_MS, () => poison(key, deaths - 1))
    })
  }

  const types = new Map([...app.types, [UNREGISTERED_TYPE, { ...TYPES[0], name: UNREGISTERED_TYPE }]] as [
    string,
    (typeof TYPES)[number],
  ][])
  return {
    client: {
      request: (tenant, request, environmentId = ENVIRONMENT) =>
        invoke('api', API_MS, (process) =>
          engine.handle(
            process.world,
            { ...app, types, environmentId },
            { tenant, scopes: ['carillon/admin'], by: 'user:sim' },
            request,
          ),
        ),
      command: (key, commandAt) =>
        invoke('api', API_MS, async ({ world }) => {
          const applied = await apply(world, key as KeyOf<Kind>, () => commandAt(world.clock.now()) as Command)
          return { status: isRefusal(applied) ? 409 : 200 }
        }).catch(() => ({ status: 503 })),
    },
    sendStray: (stray) => {
      if ('nth' in stray) {
        const open = [...store.openTasks()]
        const row = open[stray.nth % open.length]
        if (row) void send({ ...nudgeOf(row, 0), epoch: row.epoch + stray.epochs }, 0)
        return
      }
      if (!stray.isReadable) recorder.unreadable(stray.body)
      queue.put(stray.lane, stray.body)
    },
    poison: (key, deaths) => poison(key as KeyOf<Kind>, deaths),
    poisonRow: ({ nth, deaths }) => {
      const open = [...recorder.rows()].filter((row) => nudgeIn(row))
      const row = open[nth % open.length]
      if (row) poison(row, deaths)
    },
    refusals: () => refused,
    unsettledWork: () => {
      const { changeCount } = store.backlog()
      if (changeCount > 0) return `${changeCount} changes have not been relayed`
      return queue.count() > 0 ? `${queue.count()} messages are still on the lanes` : undefined
    },
  }
}

const isNudge = (body: string): boolean => decodeNudge(body) !== undefined

/** The row that a line of the log is about: the engine names it `taskId`, `gateId` and so on. */
const rowIdIn = (fields: Readonly<Record<string, unknown>>): unknown =>
  WOKEN_KINDS.map((kind) => fields[`${kind}Id`]).find((id) => id !== undefined) ?? ''

/** The nudge of the wake-up that a row has. A task that is not scheduled has no message on a lane. */
const nudgeIn = (row: Row): Nudge | undefined =>
  row.kind === 'task' && row.state !== 'scheduled'
    ? undefined
    : wakeupsOf(row).flatMap((effect) => ('nudge' in effect ? [effect.nudge] : []))[0]
