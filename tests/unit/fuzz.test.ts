import { expect, test } from 'vitest'
import { fuzz } from '../fuzz/fuzz.ts'
import { targets } from '../fuzz/targets.ts'

/** Over all codecs; `npm run fuzz` goes on from there, with five hundred times as many in `.ci/run`. */
const inputs = 200_000

test.each(targets)('nothing that can be made of its frames harms $name', (target) => {
  expect(fuzz(target, Math.ceil(inputs / targets.length), 1)).toBeNull()
})
