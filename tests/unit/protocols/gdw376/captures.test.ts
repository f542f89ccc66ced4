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

test('a question by the edition of 2019 keeps its wide address', () => {
  const profile = { address: '440001-000105/3', profile: null }
  const [request] = gdw376.plan(['1.8.0'], profile).requests
  const frame = request ? gdw376.encode(request) : new Uint8Array()
  expect(gdw376.describe(frame)).toMatchObject({
    valid: true,
    address: '440001-000105',
    dataId: '0C-F129',
    extras: { units: [{ pn: 3, fn: 129 }] },
  })
  expect(gdw376.effect(frame)).toBe('read')
})

test('a freeze of another day is no answer to the question', () => {
  const sample = vectors.find(({ name }) => name === 'sample rafn13f1')
  const decoded = gdw376.decode(bytesOf(sample?.hex ?? ''))
  if (decoded.kind !== 'answer') throw new Error(decoded.kind)
  const asks = (item: string) => {
    const [request] = gdw376.plan([item], { address: '0171-0822/1', profile: null }).requests
    return request ? gdw376.answers({ ...request, sequence: 5 }, decoded.response) : null
  }
  expect(asks('0D-F1:20180827')).toBe(true)
  expect(asks('0D-F1:20180828')).toBe(false)
})
