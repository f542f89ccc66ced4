import { describe, expect, test } from 'vitest'
import { documents, hes } from './fake-io.ts'

const meter = ['-p', 'dlt645-2007', '-a', '000012345678']
const paid = ['--password', '02563412', '--operator', '00000000']
const old = ['-p', 'dlt645-1997', '-a', '000012345678', '--password', '00563412']
const terminal = ['-p', 'gdw376', '-a', '4401-0105']
const device = ['-p', 'dlt698', '-a', '000000000001']
const unit = ['-p', 'modbus', '--unit', '17']
const two = ['-p', 'dlms', '-a', '1/16', '--client', '48']

const encode = (argv: readonly string[]) => hes(['encode', ...argv])

const long = 'AB'.repeat(300)
const longer = 'AB'.repeat(20_000)

describe('a wrong call', () => {
  test.each([
    [[...meter, '--request', 'freez'], 'has no request "freez": allowed: authenticate, set-clock'],
    [[...meter, '--request', 'freeze'], 'freeze wants when=…'],
    [[...meter, '--request', 'freeze', 'when=1'], 'when: allowed: MMDDhhmm'],
    [[...meter, '--request', 'freeze', 'when=99999999', 'when=99999999'], 'when is given twice'],
    [[...meter, '--request', 'freeze', 'at=99999999'], 'takes no "at=99999999"'],
    [[...meter, '--request', 'freeze', '--item', '1.8.0'], 'cannot be used with'],
    [[...meter, '--item', '1.8.0', 'when=1'], 'is an argument of --request'],
    [[...meter, '--request', 'clear-meter'], 'it needs --password: 8 hex digits'],
    [[...meter, '--item', '04000103=15'], 'it needs --password: 8 hex digits'],
    [[...meter, ...paid, '--item', '04000103=150'], 'allowed: a number up to 99'],
    [[...meter, ...paid, '--item', '04000103=15/15'], 'has 1 values'],
    [[...meter, ...paid, '--item', '0EEEEEEE=1'], '0EEEEEEE:=HEX'],
    [[...meter, ...paid, '--item', '04000103:=1'], 'hex digits, two a byte'],
    [[...meter, ...paid, '--item', 'address=1'], 'named by DI3 to DI0'],
    [[...old, '--item', 'C032=1'], 'allowed: 12 hex digits'],
    [['-p', 'dlt645-1997', '-a', '000012345678', '--item', 'C032=000000000001'], '--password'],
    [[...meter, ...paid, '--item', `04000103:=${long}`], 'allowed: 1 to 243 bytes'],
    [[...old, '--item', `C032:=${long}`], 'allowed: 1 to 249 bytes'],
    [[...meter, '--request', 'authenticate', 'id=07000001', `data=${long}`], '1 to 243 bytes'],
    [[...terminal, '--item', `04-F3:=${longer}`], 'more than a frame takes'],
    [[...terminal, '--request', 'forward', `frame=${longer}`], 'more than a frame takes'],
    [[...device, '--item', `40000200=octet-string:${longer}`], 'more than a frame takes'],
    [[...two, '--request', 'apdu', `bytes=${longer}`], 'more than a frame takes'],
    [[...unit, '--request', 'function', 'code=65', `data=${long}`], 'more than a frame takes'],
    [[...terminal, '--item', '04-F3=1'], '04-F3 wants as value'],
    [[...terminal, '--item', '04F3=1'], 'named by AFN and Fn'],
    [[...device, '--item', '40000200=clock:1'], 'TYPE:VALUE'],
    [[...device, '--request', 'SetRequestNormal', 'set=40000200'], 'OAD=DATA'],
    [[...unit, '--item', '6:1:u16=70000'], 'a number that fits'],
    [[...unit, '--item', '6:1:u32=1'], 'takes no 2 registers'],
    [[...unit, '--item', '5:1:u16=1'], 'named by function, register and type'],
    [[...two, '--item', '8:0.0.1.0.0.255:2=clock:1'], 'TYPE:VALUE'],
    [[...two, '--item', '8:0.0.1.0:2=null'], 'CLASS:OBIS:ATTRIBUTE'],
    [['-p', 'dlms', '-a', '1', '--profile', 'wrapper', '--request', 'snrm'], 'is of HDLC'],
  ])('%j exits 2 and says what is wrong', async (argv, said) => {
    const { exit, stdout, stderr } = await encode(argv)
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
    expect(stderr).toContain(said)
  })
})

test('nothing is built under keys, whose counters must not be used twice', async () => {
  const files = {
    'keys.yaml': `encryptionKey: "${'00'.repeat(16)}"\nauthenticationKey: "${'01'.repeat(16)}"`,
  }
  const call = ['encode', ...two, '--access-file', 'keys.yaml', '--item', '1.8.0']
  const { exit, stdout, stderr } = await hes(call, { files })
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' })
  expect(stderr).toContain('frames under keys')
})

test('a search whose next step depends on the answer says so', async () => {
  const call = ['-p', 'modbus', '--unit', '1', '--profile', 'sunspec', '-i', '1.8.0']
  const { exit, stdout, stderr } = await encode(call)
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: '01039C4000046B8D\n' })
  expect(stderr).toContain('depends on what the device answers')
})

test('JSON says what a frame would do and when it ends', async () => {
  const call = [...meter, ...paid, '--json', '--request', 'control', 'command=trip-then-close']
  expect(documents((await encode(call)).stdout)).toEqual([
    {
      protocol: 'dlt645-2007',
      frame: expect.stringMatching(/^6878/),
      request: 'control',
      effect: 'trip',
      ends: '2000-01-01T00:00:00',
    },
  ])
})

test('its help lists the requests of every protocol', async () => {
  const { stdout } = await hes(['encode', '--help'])
  for (const name of [
    'clear-events',
    'repeat',
    'mask-write',
    'confirm',
    'ProxyTransCommandRequest',
    'aarq',
  ]) {
    expect(stdout).toMatch(new RegExp(`^    ${name}: `, 'm'))
  }
})
