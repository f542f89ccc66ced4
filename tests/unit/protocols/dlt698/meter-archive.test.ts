import { expect, test } from 'vitest'
import { toHex } from '#protocols/bytes'
import { archivedIn, askArchive, dlt698, enterMeter, removeMeter } from '#protocols/dlt698'
import { dlt698TerminalFace } from '#simulators/faces'
import { Site } from '#simulators/meter'

const terminal = '330190000698'
const fresh = { number: 7, address: '330120069899', basic: null }

const frameOf = (request: ReturnType<typeof enterMeter>) => {
  if (!request) throw new Error('it fits no frame')
  return dlt698.encode(request)
}

test('what an entry does to a terminal is known, and to which', () => {
  const frame = frameOf(enterMeter(terminal, fresh, 1))
  expect(dlt698.effect(frame)).toBe('write')
  expect(dlt698.aim?.(frame)?.address).toBe(terminal)
  // ActionRequest-Normal, PIID, OMD 6000 method 127, structure of 4, number 7, structure of 10, TSA.
  expect(toHex(frame)).toContain('07010160007F0002041200070' + '20A55070533012006989')
  expect(dlt698.effect(frameOf(removeMeter(terminal, 7, 1)))).toBe('clear')
  expect(enterMeter(terminal, { ...fresh, address: 'x' }, 1)).toBeNull()
})

test('a terminal keeps what was entered, changes an address, and forgets what was removed', () => {
  const site = new Site('Asia/Shanghai', 7)
  const face = dlt698TerminalFace({ address: terminal, site, meters: [], port: null })
  const tell = (request: ReturnType<typeof enterMeter>) => {
    const answers = face.receive(frameOf(request), 0)
    return answers.map((answer) => {
      const decoded = dlt698.decode(answer)
      if (decoded.kind !== 'answer') throw new Error(JSON.stringify(decoded))
      return decoded.response
    })
  }
  const archived = () => archivedIn(tell(askArchive(terminal, 2)))
  expect(archived()).toEqual([])
  tell(enterMeter(terminal, fresh, 3))
  const [entered] = archived() ?? []
  expect(entered).toMatchObject({ number: 7, address: fresh.address })
  if (!entered) throw new Error('nothing was entered')
  tell(enterMeter(terminal, { ...entered, address: '330120069800' }, 4))
  expect(archived()).toMatchObject([{ number: 7, address: '330120069800' }])
  tell(removeMeter(terminal, 7, 5))
  expect(archived()).toEqual([])
})
