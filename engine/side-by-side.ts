/**
 * Runs a function for each entry, at most `count` at once; returns the results in the order of the entries.
 *
 * @throws the first fault. No entry is started after it, and the promise rejects only when all started entries have ended:
 *   nothing runs on in the background while the caller retries
 * @example await sideBySide(tasks, LIMITS.batchParallelCount, (task) => createOne(task))
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
