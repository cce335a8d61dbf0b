import { expect, test } from 'vitest'
import { templateOf } from './synth.ts'

/** Replaces the hashes of assets, which change with every change of code. */
const masked = (template: object): unknown => JSON.parse(JSON.stringify(template).replaceAll(/[0-9a-f]{64}\.zip/g, '<hash>.zip'))

test('the template is equal to the snapshot', () => {
  expect(masked(templateOf().toJSON())).toMatchSnapshot()
})
