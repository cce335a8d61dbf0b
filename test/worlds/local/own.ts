import { builtIn } from 'carillon/handlers'

/** A custom module with the built-in task types, for the server under test. */
export const types = builtIn()
