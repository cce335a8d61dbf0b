import type { Needs } from './needs.ts'

/** What a sweep saw and mended, and what it could not look after. A healthy system repairs nothing. */
export type Swept = { readonly examined: number; readonly repaired: number; readonly faults: readonly unknown[] }

/** A part in which there was nothing to see. */
export const NOTHING: Swept = { examined: 0, repaired: 0, faults: [] }

/** Adds up what parts of a sweep saw. */
export const together = (parts: readonly Swept[]): Swept => ({
  examined: parts.reduce((sum, { examined }) => sum + examined, 0),
  repaired: parts.reduce((sum, { repaired }) => sum + repaired, 0),
  faults: parts.flatMap(({ faults }) => faults),
})

/** Does a part of the sweep; what goes wrong with it is logged, kept, and nobody else's affair. */
export const guarded = async (world: Pick<Needs<'sweep'>, 'log'>, about: object, part: () => Promise<Swept>): Promise<Swept> => {
  try {
    return await part()
  } catch (error) {
    world.log.error('sweep.fault', { ...about, error })
    return { ...NOTHING, faults: [error] }
  }
}
