/** The version of this Carillon; equal to the one in package.json, which a test asserts. */
export const VERSION = '0.1.0'
