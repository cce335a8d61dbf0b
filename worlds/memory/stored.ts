import type { Row } from '../../core/kinds.ts'

/** Reads a stored row. Only this store writes the text, so its shape is known. */
export const readRow = (text: string): Row => JSON.parse(text) as Row
