import type { World } from './world.ts'

/**
 * What each step needs of the world: the source of both the types that a step can see and the grants that its function
 * gets. A step that reaches for more does not compile; a function is granted no more.
 */
export const needs = {
  api: ['store', 'clock', 'ids', 'log', 'meter'],
  relay: ['store', 'timers', 'queue', 'bus', 'clock', 'ids', 'log', 'meter'],
  execute: ['store', 'queue', 'clock', 'ids', 'log', 'meter'],
  // Dead batches of the relay are relayed again, so burying needs all that relaying does.
  bury: ['store', 'timers', 'queue', 'bus', 'clock', 'ids', 'log', 'meter'],
  sweep: ['store', 'timers', 'queue', 'clock', 'ids', 'log', 'meter'],
} as const satisfies Record<string, readonly (keyof World)[]>

/** The steps that AWS calls. */
export type Step = keyof typeof needs

/** The part of the world that a step sees. */
export type Needs<Of extends Step> = Pick<World, (typeof needs)[Of][number]>

/** What every step needs: to apply a command and to say so. */
export type Writer = Pick<World, 'store' | 'clock' | 'log' | 'meter'>
