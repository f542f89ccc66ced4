import { expect, test } from 'vitest'
import { fuzz } from '../fuzz/fuzz.ts'
import { targets } from '../fuzz/targets.ts'

/** Over all codecs; `npm run fuzz` goes on from there. */
const inputs = 1_000_000

test.each(targets)('nothing that can be made of its frames harms $name', (target) => {
  expect(fuzz(target, Math.ceil(inputs / targets.length), 1)).toBeNull()
})
