/**
 * Where a text stops being JSON, for the message to a person: the engine's own parser names the place only sometimes.
 * Searched by halves: a beginning that some continuation could mend ends before the place, any other behind it.
 *
 * @param text what `JSON.parse` has refused
 * @example brokenAt('{"a": tru}') // { offset: 9, line: 1, column: 10 }
 */
export const brokenAt = (text: string): { readonly offset: number; readonly line: number; readonly column: number } => {
  let low = 0
  let high = text.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isMendable(text.slice(0, middle + 1))) low = middle + 1
    else high = middle
  }
  const lines = text.slice(0, low).split('\n')
  return { offset: low, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

const isMendable = (beginning: string): boolean => {
  try {
    JSON.parse(beginning)
    return true
  } catch (error) {
    const message = String(error)
    if (message.includes('Unexpected end')) return true
    const place = /at position (\d+)/.exec(message)?.[1]
    return place !== undefined && Number(place) >= beginning.length
  }
}
