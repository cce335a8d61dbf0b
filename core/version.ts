/** The version of Carillon. A test asserts that package.json has the same. */
export const VERSION = '0.1.0'
