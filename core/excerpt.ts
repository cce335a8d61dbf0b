/**
 * The beginning of a text. Half a character, where it is cut in the middle of one, is replaced: stores keep texts in UTF-8.
 *
 * @example excerpt('a long story', 6) // "a long"
 */
export const excerpt = (text: string, count: number): string =>
  text.length <= count ? text : text.slice(0, count).toWellFormed()
