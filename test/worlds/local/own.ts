import { builtIn } from 'carillon/handlers'

/** A module of one's own that keeps the built-in task types, for the server under test. */
export const types = builtIn()
