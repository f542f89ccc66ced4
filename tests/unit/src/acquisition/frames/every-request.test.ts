import { expect, test } from 'vitest'
import type { FormArgument, RequestForm } from '#protocols/model'
import { frameEncoder, frameTools } from '#src/acquisition/frames'

const expiresAt = { year: 2000, month: 1, day: 1, hour: 0, minute: 0, second: 0 }
const meters = {
  'dlt645-2007': { address: '000012345678', profile: null, access: { password: '02123456' } },
  'dlt645-1997': { address: '000012345678', profile: null, access: { password: '00123456' } },
  dlt698: { address: '000000000001', profile: null },
  gdw376: { address: '4401-0105', profile: null },
  modbus: { address: '1', profile: null },
  dlms: { address: '1/17', profile: null },
} as const

/** Whatever an argument may be: numbers, hex of many lengths, words, and the forms of items. */
const candidates = [
  ...['', '0', '1', '2', '15', '125', '247', '255', '65535', '0x10', '101', '12345678'],
  ...Array.from({ length: 40 }, (_, at) => 'A5'.repeat(at + 1)),
  ...Array.from({ length: 40 }, (_, at) => '12'.repeat(at + 1)),
  ...['2026-11-21T10:15:00', '2000-02-29 23:59'],
  ...['40000200=bool:1', '40000200=bool:1+40000200/1', '8103030002=null'],
  ...['40000300=long:-1', '40000200=date_time_s:2026-11-21T10:15:00', '40000300=0201A0'],
  ...['50040200:1', '50040200@2026-11-21/1.8.0', '50020200:8@2026-11-21T10:00'],
  ...['1:0.0.1.0.0.255:2', '7:1.0.99.1.0.255:2#1-96', '7:1.0.99.1.0.255:2'],
  ...['1:0.0.1.0.0.255:2=null', '1:0.0.1.0.0.255:2=octets:00', '1:0.0.1.0.0.255:2=long64:-1'],
  ...['68785634120000681004338967456016'],
]

function takenBy({ says, takes, usual }: FormArgument): readonly string[] {
  const words = [...candidates, ...says.split(' | '), ...(usual === undefined ? [] : [usual])]
  return words.filter(takes)
}

/** Arguments in all that each may be, the others as the first of theirs. */
function callsOf({ arguments: args }: RequestForm): readonly (readonly string[])[] {
  const choices = args.map((each) => takenBy(each).map((text) => `${each.name}=${text}`))
  const first = choices.map(([text = '']) => text)
  const others = choices.flatMap((texts, at) =>
    texts.map((text) => first.map((usual, index) => (index === at ? text : usual))),
  )
  return [first, ...others]
}

test.each(['dlt645-2007', 'dlt645-1997', 'dlt698', 'gdw376', 'modbus', 'dlms'] as const)(
  'every request of %s that is taken is a whole frame of it, or is refused',
  async (protocol) => {
    const encoder = await frameEncoder(protocol)
    const [tool] = await frameTools(protocol)
    const target = { meter: meters[protocol], expiresAt, framing: 'rtu' } as const
    for (const form of encoder?.forms.requests ?? []) {
      let built = 0
      for (const call of callsOf(form)) {
        const { frames, faults } = encoder?.request(form.name, call, target) ?? {
          frames: [],
          faults: [],
        }
        const said = `${form.name} ${call.join(' ')}`
        expect(frames.length + faults.length, said).toBe(1)
        built += frames.length
        // Bytes that the user gives need not make sense, and queues (24) are asked for but not explained.
        if (/^(?:apdu|function|SECURITY-Request|send|read-fifo|.*block.*)$/.test(form.name))
          continue
        for (const { bytes } of frames) expect(tool?.describe(bytes).valid, said).toBe(true)
      }
      expect(built, form.name).toBeGreaterThan(0)
    }
  },
)
