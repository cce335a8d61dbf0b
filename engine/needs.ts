import type { World } from './world.ts'

/** Functions of the world, by part. */
type Verbs = { readonly [Part in keyof World]?: readonly (keyof World[Part])[] }

/** The world with these functions and no others. */
type Subset<Of extends Verbs> = {
  readonly [Part in keyof Of & keyof World]: Of[Part] extends readonly (infer Verb extends keyof World[Part])[]
    ? Pick<World[Part], Verb>
    : never
}

/** For logs and metrics. */
const reporting = { clock: ['now'], log: ['info', 'warn', 'error'], meter: ['add'] } as const satisfies Verbs

/** Waiting, for changes of gates. */
const waiting = { clock: ['now', 'sleep'] } as const satisfies Verbs

/** For `apply`: rows, logs and metrics. */
const writing = { ...reporting, store: ['get', 'put'] } as const satisfies Verbs

const relay = {
  ...reporting,
  ...waiting,
  store: ['get', 'put', 'putDocument', 'getDocument', 'dropDocument', 'putEntry', 'dropEntry'],
  timers: ['arm', 'disarm'],
  queue: ['send'],
} as const satisfies Verbs

const publish = { bus: ['publish'], log: reporting.log, meter: reporting.meter } as const satisfies Verbs

/**
 * The functions of the world that each step uses. The types (`Needs`) and the IAM grants of each Lambda function follow
 * from this table: a step that uses another function does not compile, and its Lambda function has no permission for it.
 */
export const needs = {
  api: {
    ...reporting,
    store: ['get', 'put', 'getTasks', 'putDocument', 'getDocument', 'dropDocument', 'agenda', 'entries'],
    ids: ['next'],
  },
  relay,
  publish,
  execute: {
    ...reporting,
    ...waiting,
    store: ['get', 'put', 'putDocument', 'getDocument', 'entries'],
    queue: ['send'],
    ids: ['next'],
  },
  control: {
    ...reporting,
    ...waiting,
    store: ['get', 'put', 'getTasks', 'agenda', 'entries', 'dropEntry', 'putDocument'],
    queue: ['send'],
  },
  // Dead batches of the relay are relayed again and dead events are published again, so this step needs what those two need.
  'dead-letters': { ...relay, ...publish },
  sweep: {
    ...reporting,
    ...waiting,
    store: ['get', 'put', 'getTasks', 'agenda', 'watched', 'tenants', 'putEntry', 'entries', 'dropEntry'],
    timers: ['arm'],
    queue: ['send', 'backlog'],
  },
} as const satisfies Record<string, Verbs>

/** The steps that run as Lambda functions. */
export type Step = keyof typeof needs

/** The part of the world that a step can use. */
export type Needs<Of extends Step> = Subset<(typeof needs)[Of]>

/** The part of the world that `apply` needs. Each step that changes rows has it. */
export type Writer = Subset<typeof writing>
