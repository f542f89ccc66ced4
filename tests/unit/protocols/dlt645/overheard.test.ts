import { expect, test } from 'vitest'
import { type Dlt645Request, dlt645, dlt645v1997, wildcardAddress } from '#protocols/dlt645'
import { bytesOf } from './vectors.ts'

const address = '000012345678'
const other = '710012345678'

function heard(control: number, data: string, from = other) {
  return { address: from, control, data: bytesOf(data) }
}

function read(to = address): Dlt645Request {
  return { kind: 'read', address: to, dataId: '00010000', load: null }
}

test.for([
  ['another meter answers something else', heard(0x91, '0000020012000000'), true],
  ['another master asks', heard(0x11, '00000100'), true],
  ['an answer to the question under a wrong number', heard(0x91, '0000010012000000'), false],
  ['the meter itself answers something else', heard(0x91, '0000020012000000', address), false],
] as const)('%s', ([, response, isOverheard]) => {
  expect(dlt645.overhears?.(read(), response)).toBe(isOverheard)
})

test('who asks everybody overhears nobody', () => {
  expect(dlt645.overhears?.(read(wildcardAddress), heard(0x91, '0000020012000000'))).toBe(false)
})

test('meters of 1997 are overheard alike', () => {
  const [request] = dlt645v1997.plan(['9010'], { address, profile: null }).requests
  if (!request) throw new Error('9010 is known')
  const overhears = (response: ReturnType<typeof heard>) =>
    dlt645v1997.overhears?.(request, response)
  expect(overhears(heard(0x81, '209000000000'))).toBe(true)
  expect(overhears(heard(0x81, '109000000000'))).toBe(false)
  expect(overhears(heard(0x81, '209000000000', address))).toBe(false)
})
