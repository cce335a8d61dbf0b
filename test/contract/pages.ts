import { expect } from 'vitest'

/** Reads a whole list in pages of `limit`. Fails when a page is longer, or when the list does not end. */
export const pages = async <Found>(
  limit: number,
  read: (after: Found | undefined) => Promise<readonly Found[]>,
): Promise<Found[]> => {
  const all: Found[] = []
  while (all.length < 1_000) {
    const page = await read(all.at(-1))
    expect(page.length).toBeLessThanOrEqual(limit)
    all.push(...page)
    if (page.length < limit) return all
  }
  throw new Error('the list does not end')
}
