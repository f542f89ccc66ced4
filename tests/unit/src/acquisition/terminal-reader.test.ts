import { expect, test } from 'vitest'
import { dlt645 } from '#protocols/dlt645'
import { type MeterProfile, valueText } from '#protocols/model'
import { dlt645Face } from '#simulators/faces'
import { Line, readerThroughTerminals } from '#src/acquisition'
import { instant } from '#src/core'
import { ManualClock } from '#tests/support'
import {
  type Answer,
  bytesOf,
  DENIED,
  lineTo,
  meter,
  NOON_MS,
  never,
  terminals,
  worldOf,
} from './behind-field.ts'
import { passing } from './field/meter-bus.ts'

test.each([
  ['376.1', 'gdw376', '4401-0105', () => terminals.gdw376()],
  ['698.45', 'dlt698', '330190000001', () => terminals.dlt698()],
] as const)('a line on which a terminal of %s logged in leads to its meters', async (...row) => {
  const [, protocol, address, terminal] = row
  const { face, own } = terminal()
  const clock = new ManualClock(instant(NOON_MS))
  const { gate } = worldOf(clock)
  const { channel, sent } = lineTo((bytes, now) => face.receive(bytes, now), clock, {
    protocol,
    address,
  })
  const line = new Line(channel, clock, gate.keeper)
  const reader = readerThroughTerminals(dlt645)
  const read = (of: MeterProfile) => passing(clock, reader.read(line, of, ['1.8.0'], null, never))
  const { readings } = await read(meter)
  const total = own.registersAt(clock.now(), 10_000).import.total
  expect(readings.map(({ value }) => valueText(value))).toEqual([(total / 100).toFixed(2)])
  const silent = await read({ ...meter, address: '330120000049' })
  expect(silent.failure).toMatchObject({ fault: 'via.meter-silent' })
  expect(sent).toHaveLength(2)
})

test('a port that the terminal denies is followed by the next, until a meter is found', async () => {
  const { face } = terminals.gdw376()
  const clock = new ManualClock(instant(NOON_MS))
  const { gate } = worldOf(clock)
  const asked: (number | undefined)[] = []
  // The data unit begins 18 bytes on: its first byte is the port. The meter hangs at 31.
  const answer: Answer = (bytes, now) => {
    const port = bytes[18]
    asked.push(port)
    const atOne = bytes.with(18, 1)
    const shift = (port ?? 0) - 1
    const sumAt = atOne.length - 2
    return port === 31
      ? face.receive(atOne.with(sumAt, (atOne[sumAt] ?? 0) - shift), now)
      : [bytesOf(DENIED)]
  }
  const terminal = { protocol: 'gdw376', address: '4401-0105' }
  const line = new Line(lineTo(answer, clock, terminal).channel, clock, gate.keeper)
  const reader = readerThroughTerminals(dlt645)
  const read = () => passing(clock, reader.read(line, meter, ['1.8.0'], null, never))
  expect((await read()).readings).toHaveLength(1)
  expect((await read()).readings).toHaveLength(1)
  expect(asked).toEqual([1, 31, 31])
})

test('a line without a terminal leads to its meters as before', async () => {
  const clock = new ManualClock(instant(NOON_MS))
  const { gate } = worldOf(clock)
  const face = dlt645Face([terminals.gdw376().own])
  const { channel } = lineTo((bytes, now) => face.receive(bytes, now), clock)
  const line = new Line(channel, clock, gate.keeper)
  const read = readerThroughTerminals(dlt645).read(line, meter, ['1.8.0'], null, never)
  expect((await passing(clock, read)).readings).toHaveLength(1)
})
