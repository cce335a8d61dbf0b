import { expect, test } from 'vitest'
import { templateOf } from './synth.ts'

/** Assets are named by what is in them, which is for others to check. */
const masked = (template: object): unknown => JSON.parse(JSON.stringify(template).replaceAll(/[0-9a-f]{64}\.zip/g, '<hash>.zip'))

test('the stack is what it was', () => {
  expect(masked(templateOf().toJSON())).toMatchSnapshot()
})
