import type { World } from './world.ts'

/** Verbs of the world, by part. */
type Verbs = { readonly [Part in keyof World]?: readonly (keyof World[Part])[] }

/** The world with these verbs and no others. */
type Seen<Of extends Verbs> = {
  readonly [Part in keyof Of & keyof World]: Of[Part] extends readonly (infer Verb extends keyof World[Part])[]
    ? Pick<World[Part], Verb>
    : never
}

/** To say what happened. */
const saying = { clock: ['now'], log: ['info', 'warn', 'error'], meter: ['add'] } as const satisfies Verbs

/** To apply a command and to say so. */
const writing = { ...saying, store: ['get', 'put'] } as const satisfies Verbs

const relay = {
  ...saying,
  store: ['get', 'put', 'putDocument', 'getDocument', 'dropDocument', 'putEntry', 'dropEntry'],
  timers: ['arm', 'disarm'],
  queue: ['send'],
} as const satisfies Verbs

const publish = { bus: ['publish'], log: saying.log } as const satisfies Verbs

/**
 * What each step needs of the world, verb by verb: the source of both the types that a step can see and the grants that
 * its function gets. A step that reaches for more does not compile; a function is granted no more.
 */
export const needs = {
  api: {
    ...saying,
    store: ['get', 'put', 'getTasks', 'putDocument', 'getDocument', 'dropDocument', 'agenda', 'entries'],
    ids: ['next'],
  },
  relay,
  publish,
  execute: {
    ...saying,
    store: ['get', 'put', 'putDocument', 'getDocument', 'entries'],
    queue: ['send'],
    clock: ['now', 'sleep'],
    ids: ['next'],
  },
  control: {
    ...saying,
    store: ['get', 'put', 'getTasks', 'agenda', 'entries', 'dropEntry', 'putDocument'],
    queue: ['send'],
  },
  // Dead batches of the relay are relayed again, and dead events published, so this step needs all that those do.
  'dead-letters': { ...relay, ...publish },
  sweep: {
    ...saying,
    store: ['get', 'put', 'getTasks', 'agenda', 'watched', 'tenants', 'putEntry'],
    timers: ['arm'],
    queue: ['send'],
  },
} as const satisfies Record<string, Verbs>

/** The steps that AWS calls. */
export type Step = keyof typeof needs

/** The part of the world that a step sees. */
export type Needs<Of extends Step> = Seen<(typeof needs)[Of]>

/** What every step that changes rows needs: to apply a command and to say so. */
export type Writer = Seen<typeof writing>
