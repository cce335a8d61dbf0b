/** Answers in the order of the entries, with at most `count` of them under way at once. */
export const sideBySide = async <In, Out>(
  entries: readonly In[],
  count: number,
  run: (entry: In, place: number) => Promise<Out>,
): Promise<Out[]> => {
  const answers: Out[] = []
  const places = entries.entries()
  const work = async () => {
    for (const [place, entry] of places) answers[place] = await run(entry, place)
  }
  await Promise.all(Array.from({ length: count }, work))
  return answers
}
