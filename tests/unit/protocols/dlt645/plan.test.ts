import { expect, test } from 'vitest'
import { dlt645 } from '#protocols/dlt645'

const meter = { address: '000012345678', profile: null }
const withoutBlocks = { address: '000012345678', profile: 'no-blocks' }

function planned(items: readonly string[], profile = meter as typeof meter | typeof withoutBlocks) {
  const { requests, unsupported } = dlt645.plan(items, profile)
  const ids = requests.map((request) => (request.kind === 'read' ? request.dataId : request.kind))
  return { ids, unsupported }
}

test('one item is read alone, at the address of the meter', () => {
  expect(dlt645.plan(['1.8.0'], meter)).toEqual({
    requests: [{ kind: 'read', address: meter.address, dataId: '00010000', load: null }],
    unsupported: [],
  })
})

test('two or more members of a block become one read of the block', () => {
  expect(planned(['1.8.0', '1.8.1', '1.8.2', '1.8.3', '1.8.4']).ids).toEqual(['0001FF00'])
  expect(planned(['32.7.0', '52.7.0', '72.7.0']).ids).toEqual(['0201FF00'])
  expect(planned(['16.7.0', '36.7.0', '1.8.0']).ids).toEqual(['0203FF00', '00010000'])
  expect(planned(['0.0.96.5.1', '0.0.96.3.10']).ids).toEqual(['040005FF'])
  expect(planned(['00010000', '00010001', '00010002']).ids).toEqual(['000100FF'])
})

test('the block that covers more wins, and the rest is read as it is', () => {
  const items = ['00010000', '00010100', '00010200', '00010001']
  expect(planned(items).ids).toEqual(['0001FF00', '00010001'])
})

test('an item asked twice, by code and by identifier, is read once', () => {
  expect(planned(['1.8.0', '00010000', '1.8.0']).ids).toEqual(['00010000'])
})

test('a meter that refuses blocks is asked item by item', () => {
  expect(planned(['1.8.0', '1.8.1', '32.7.0', '52.7.0'], withoutBlocks).ids).toEqual([
    '00010000',
    '00010100',
    '02010100',
    '02010200',
  ])
})

test('the clock is date and time, the relay a status word', () => {
  expect(planned(['0.0.1.0.0']).ids).toEqual(['04000101', '04000102'])
  expect(planned(['0.0.96.3.10']).ids).toEqual(['04000503'])
})

test('an identifier outside the table is read all the same, in upper case', () => {
  expect(planned(['04cc0001', '0001ff00']).ids).toEqual(['04CC0001', '0001FF00'])
})

test('what the protocol has no word for is said', () => {
  expect(planned(['1.8.0', '99.99.99', 'x'])).toEqual({
    ids: ['00010000'],
    unsupported: ['99.99.99', 'x'],
  })
})

test('a profile of no known deviation is the standard', () => {
  const other = { address: '000012345678', profile: 'some-maker' }
  expect(planned(['1.8.0', '1.8.1'], other as typeof withoutBlocks).ids).toEqual(['0001FF00'])
})

test('a list means the same whoever is asked, however many lists came before', () => {
  const ids = ['0001FF00']
  const other = { address: '000000000001', profile: null }
  expect(planned(['1.8.0', '1.8.1']).ids).toEqual(ids)
  expect(dlt645.plan(['1.8.0', '1.8.1'], other).requests).toEqual([
    { kind: 'read', address: other.address, dataId: '0001FF00', load: null },
  ])
  expect(planned(['1.8.0', '1.8.1'], withoutBlocks).ids).toEqual(['00010000', '00010100'])
  for (let list = 0; list < 600; list++) {
    expect(planned([`unknown ${list}`]).unsupported).toEqual([`unknown ${list}`])
  }
  expect(planned(['1.8.0', '1.8.1']).ids).toEqual(ids)
  expect(planned(['1.8.0 1.8.1']).unsupported).toEqual(['1.8.0 1.8.1'])
})

test('a load profile is read from a moment on, or from its newest records', () => {
  const address = '000012345678'
  const { requests, unsupported } = dlt645.plan(
    ['06040001:8@2026-11-21T23:45', '06040002:4', '06040001:4', '06040002:4@2026-11-21T23:45'],
    { address, profile: null },
  )
  const from = { year: 2026, month: 11, day: 21, hour: 23, minute: 45, second: 0 }
  expect(requests).toEqual([
    { kind: 'read', address, dataId: '06040001', load: { records: 8, from } },
    { kind: 'read', address, dataId: '06040002', load: { records: 4, from: null } },
  ])
  expect(unsupported).toEqual(['06040001:4', '06040002:4@2026-11-21T23:45'])
})
