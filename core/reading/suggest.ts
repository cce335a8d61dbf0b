/** The longest word to search for: the time grows with the square of its length. */
const LONGEST_WORD = 64

/**
 * Known names that are similar to a word, nearest first, at most three.
 *
 * @example suggest('priorty', ['lane', 'priority']) // ['priority']
 */
export const suggest = (word: string, known: readonly string[]): readonly string[] => {
  if (word.length > LONGEST_WORD) return []
  // A word of two letters is one change away from too many names.
  const most = word.length < 3 ? 0 : Math.floor(word.length / 3)
  return known
    .map((name) => ({ name, distance: distance(word.toLowerCase(), name.toLowerCase()) }))
    .filter((it) => it.distance <= most)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map((it) => it.name)
}

/** The Levenshtein distance of two words, one row of the table at a time. */
const distance = (a: string, b: string): number => {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const line = [row]
    for (let column = 1; column <= b.length; column++) {
      const exchanged = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      line.push(Math.min(exchanged, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1))
    }
    above = line
  }
  return above[b.length] ?? 0
}
