/**
 * Runs over entries with at most `count` of them under way at once, and answers in their order.
 *
 * @throws the first fault, after which none is begun any more, and not before the last one under way has ended: whoever
 *   then gives up, or tries again, leaves nothing behind that still goes on
 * @example await sideBySide(tasks, LIMITS.batchParallelCount, (task) => tell(task))
 */
export const sideBySide = async <In, Out>(
  entries: readonly In[],
  count: number,
  run: (entry: In, place: number) => Promise<Out>,
): Promise<Out[]> => {
  const answers: Out[] = []
  const faults: unknown[] = []
  const places = entries.entries()
  const work = async () => {
    for (const [place, entry] of places) {
      if (faults.length > 0) return
      try {
        answers[place] = await run(entry, place)
      } catch (fault) {
        faults.push(fault)
      }
    }
  }
  await Promise.all(Array.from({ length: count }, work))
  if (faults.length > 0) throw faults[0]
  return answers
}
