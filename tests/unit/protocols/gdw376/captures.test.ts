import { expect, test } from 'vitest'
import { gdw376 } from '#protocols/gdw376'
import { bytesOf, vectors } from './vectors.ts'

test('a captured question and its answer belong together, although FIR is missing', () => {
  const ofSample = (name: string) => vectors.find((vector) => vector.name === `sample ${name}`)
  const profile = { address: '0171-0822/1', profile: null }
  const [request] = gdw376.plan(['1.8.0'], profile).requests
  if (!request) throw new Error('not planned')
  // As the captured frame of the master: MSA 1, number 2.
  const asked = { ...request, sequence: 2 }
  const decoded = gdw376.decode(bytesOf(ofSample('rafn12f129')?.hex ?? ''))
  if (decoded.kind !== 'answer') throw new Error(decoded.kind)
  expect(gdw376.answers(asked, decoded.response)).toBe(true)
  const read = gdw376.readings(asked, [decoded.response])
  expect(read.ok && read.readings[0]).toMatchObject({
    item: '1.8.0',
    value: { digits: 100, scale: 4 },
  })
})

test('a confirmation with more behind it than the standard knows is still one', () => {
  const frame = bytesOf('684a004a00681071012208000068000001000000000000001516')
  expect(gdw376.describe(frame)).toMatchObject({ valid: true, dataId: '00-F1' })
})
