import { expect, test } from 'vitest'
import { relayStatus, runStatusNames } from '#protocols/model'

test('run status words name their set bits', () => {
  expect(runStatusNames(1, 0x8004)).toEqual(['clock battery low', 'clock error'])
  expect(runStatusNames(5, 0x0001)).toEqual(['loss of voltage'])
  expect(runStatusNames(relayStatus.word, 1 << relayStatus.bit)).toEqual(['relay open'])
})

test('a word that there is not, and bits without a meaning, have no names', () => {
  expect([runStatusNames(0, 0xffff), runStatusNames(8, 0xffff)]).toEqual([[], []])
  expect(runStatusNames(7, 0xf800)).toEqual([])
})
