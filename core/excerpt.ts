/**
 * The first `count` characters of a text. A surrogate that the cut leaves alone is replaced, because stores use UTF-8.
 *
 * @example excerpt('a long story', 6) // "a long"
 */
export const excerpt = (text: string, count: number): string =>
  text.length <= count ? text : text.slice(0, count).toWellFormed()
