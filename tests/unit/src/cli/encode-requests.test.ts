import { describe, expect, test } from 'vitest'
import { documents, hes } from './fake-io.ts'

const old = ['-p', 'dlt645-1997', '-a', '000012345678', '--password', '00563412']
const terminal = ['-p', 'gdw376', '-a', '4401-0105']
const device = ['-p', 'dlt698', '-a', '000000000001']

const encode = (argv: readonly string[]) => hes(['encode', ...argv])
const framesOf = (text: string) => text.trim().split('\n')

/** Frames that stand in tests/vectors with who published them or worked them out by hand. */
describe('a request that is built is the frame that is published', () => {
  // biome-ignore format: a table, one row a line
  test.each([
    ['-p dlt645-2007 -a 000012345678 --request read-address', '687856341200006813'],
    ['-p dlt645-2007 -a AAAAAAAAAAAA --request read-address', '68AAAAAAAAAAAA681300DF16'],
    ['-p dlt645-2007 -a 000012345678 --request write-address new=123456789012', '6878563412000068150645C3AB896745E716'],
    ['-p dlt645-2007 -a 000012345678 --request freeze when=99999999', '68785634120000681604CCCCCCCC2E16'],
    ['-p dlt645-2007 -a 000012345678 --request freeze when=99990000', '687856341200006816043333CCCCFC16'],
    ['-p dlt645-2007 -a 000012345678 --request change-baud baud=9600', '68785634120000681701534F16'],
    ['-p dlt645-2007 -a 201901120001 --request change-baud baud=2400', '680100120119206817013B7016'],
    ['-p dlt645-2007 -a 000012345678 --request change-password id=04000C02 new=02222222 --password 02111111', '6878563412000068180C353F333735444444355555551B16'],
    ['-p dlt645-2007 -a 000012345678 --password 02563412 --operator 00000000 --request clear-demand', '6878563412000068190835456789333333333B16'],
    ['-p dlt645-2007 -a 000012345678 --password 02563412 --operator 00000000 --request clear-meter', '68785634120000681A0835456789333333333C16'],
    ['-p dlt645-2007 -a 000012345678 --password 02563412 --operator 00000000 --request clear-events events=FFFFFFFF', '68785634120000681B0C3545678933333333323232320916'],
    ['-p dlt645-2007 -a 000012345678 --request multi-function-output output=second-pulse', '68785634120000681D01333516'],
    ['-p dlt645-2007 -a 000012345678 --request read-more id=0001FF00 sequence=1', '687856341200006812053332343334FB16'],
    ['-p dlt645-2007 -a 000012345678 --operator 01000000 --request authenticate id=070000FF data=112233445566778801020304050607081112131415161718', '687856341200006803203233333A33333334445566778899AABB3435363738393A3B4445464748494A4B9A16'],
    ['-p dlt645-2007 -a 000012345678 --password 02112233 --operator 12345678 --item 0400010C:=05302200221126', '687856341200006814133F34333735665544AB896745386355335544591116'],
    ['-p dlt645-2007 -a 000012345678 --password 02112233 --operator 12345678 --item 04000101=2026-11-22', '687856341200006814103434333735665544AB896745335544591316'],
    ['-p dlt645-2007 -a 000012345678 --password 02112233 --operator 12345678 --item 04000102=22:30:05', '6878563412000068140F3534333735665544AB896745386355DE16'],
    ['-p dlt645-2007 -a 000012345678 --password 02112233 --operator 12345678 --item 04001401=15', '6878563412000068140E3447333735665544AB89674548337A16'],
    ['-p dlt645-1997 -a 000012345678 --password 00563412 --request read-more id=901F', '6878563412000068020252C3FD16'],
    ['-p dlt645-1997 -a 000012345678 --password 00563412 --request repeat', '68785634120000680300E716'],
    ['-p dlt645-1997 -a 999999999999 --request set-clock time=2026-11-21T22:30:05', '689999999999996808063863555444595516'],
    ['-p dlt645-1997 -a 000012345678 --password 00563412 --request change-baud feature=08', '68785634120000680C013B2C16'],
    ['-p modbus --unit 17 --request read-holding-registers start=107 count=3', '1103006B0003'],
    ['-p modbus --unit 17 --request read-coils start=0x13 count=0x13', '110100130013'],
    ['-p modbus --unit 17 --request write-registers start=1 words=000A0102', '11100001000204000A0102'],
    ['-p modbus --unit 17 --item 16:1:=000A0102', '11100001000204000A0102'],
    ['-p modbus --unit 17 --item 16:1:u16=10', '11100001000102000A'],
    ['-p modbus --unit 1 --request write-register address=1 value=3', '010600010003980B'],
    ['-p modbus --unit 1 --item 6:1:u16=3', '010600010003980B'],
    ['-p modbus --unit 17 --request mask-write address=4 and=00F2 or=0025', '1116000400F20025'],
    ['-p modbus --unit 17 --request read-write-registers start=3 count=6 write-start=14 words=00FF00FF00FF', '111700030006000E00030600FF00FF00FF'],
    ['-p modbus --unit 17 --request write-coil address=172 value=on', '110500ACFF00'],
    ['-p modbus --unit 17 --request write-coils start=19 bits=1011001110', '110F0013000A02CD01'],
    ['-p modbus --unit 17 --request write-file file=4 record=7 words=06AF04BE100D', '11150D0600040007000306AF04BE100D'],
    ['-p modbus --unit 17 --request read-fifo address=1246', '111804DE'],
    ['-p modbus --unit 17 --request identify category=basic', '112B0E0100'],
    ['-p dlt645-1997 -a 999999999999 --request write-address new=000012345678', '68999999999999680A06AB8967453333BC16'],
    ['-p dlt645-1997 -a 010203040506 --password 01112233 --request change-password new=02112233', '68060504030201680F0834665544356655446316'],
    ['-p dlt645-1997 -a 000012345678 --password 00123456 --request clear-demand', '68785634120000681004338967456016'],
    ['-p dlt645-1997 -a 000012345678 --password 00123456 --item B634=50.00', '6878563412000068040867E93389674533835E16'],
    ['-p gdw376 -a 0200-1234 --request confirm sequence=1', '6832003200680B0002341200006100000100B516'],
    ['-p gdw376 -a 5000-399A --request confirm sequence=2', '6832003200680B00509A39000062000001009116'],
    ['-p dlt698 -a 000000000001 --request CONNECT-Request piid=0', '683800430501000000000010E00802000010FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF04000400010400000000640000DB7916'],
    ['-p dlt698 -a 000000000001 --request ReportResponseList object=20000200 piid=2', '681800030501000000000010090C080102012000020000181716'],
    ['-p dlt698 -a 000000000001 --request ReportResponseRecordList object=50040200 piid=2', '681800030501000000000010090C080202015004020000D7FA16'],
    ['-p dlt698 -a 000000000001 --request ReportResponseTransData piid=2', '681300030501000000000010104E0803020083CE16'],
    ['-p dlt698 -a 000000000001 --request ProxyGetRequestList device=201601200001 device=201601200002 object=00100200 timeout=120 device-timeout=60 piid=10', '6834004305010000000000101FEA09010A0078020705201601200001003C01001002000705201601200002003C010010020000ECAD16'],
    ['-p dlt698 -a 000000000001 --request SECURITY-Request mode=cipher apdu=AA random=BB mac=CC', '6818004305010000000000106AEA100101AA0201BB01CC89FB16'],
    ['-p dlt698 -a 000000000001 --request SECURITY-Request mode=cipher apdu=AA sid=00000001', '681900430501000000000010FBBF100101AA030000000100A26716'],
    ['-p dlms -a 1 --client 1 --request snrm', '7EA020030393FEC98180140502008006020080070400000001080400000001CE6A7E'],
    ['-p dlms -a 1/17/4 --request snrm limits=none', '7EA00A00020023219318717E'],
    ['-p dlms -a 1/17/4 --request aarq conformance=00301D pdu=65535', '7EA02E0002002321107ECBE6E600601DA109060760857405080101BE10040E01000000065F1F040000301DFFFFD4C57E'],
    ['-p dlms -a 1 --client 1 --password 0x7852775062457846 --request aarq conformance=007E1F pdu=256', '7EA0440303106594E6E6006036A1090607608574050801018A0207808B0760857405080201AC0A80087852775062457846BE10040E01000000065F1F0400007E1F0100AFDF7E'],
    ['-p dlms -a 1/16 --client 48 --request action call=70:0.0.96.3.10.255:1=integer:0 sent=3 received=3', '7EA01C0221617690BEE6E600C301C10046000060030AFF01010F0068A67E'],
    ['-p dlms -a 1 --profile wrapper --client 48 --request action call=70:0.0.96.3.10.255:1=integer:0', '000100300001000FC301C10046000060030AFF01010F00'],
    ['-p dlms -a 1 --request disc', '7EA00703215303C77E'],
  ])('%s', async (call, published) => {
    const { exit, stdout } = await encode(call.split(' '))
    expect({ exit, frame: stdout.trim() }).toEqual({
      exit: 0,
      frame: expect.stringContaining(published),
    })
  })
})

/** An order to a device that takes a time tag: sent five minutes before the end of 1999. */
const ended = '0107CF0C1F173700010005'

describe('what sets or calls something of 698 is the published APDU with an end in the past', () => {
  // Appendix H of DL/T 698.45 and public tests; the last byte, no time tag, gives way to one.
  // biome-ignore format: a table, one row a line
  test.each([
    ['--item 40000200=date_time_s:2016-01-20T16:27:11', '060101400002001C07E00114101B0B'],
    ['--item 40000200:=1C07E00114101B0B', '060101400002001C07E00114101B0B'],
    ['--request SetRequestNormal set=40000300=enum:1 piid=0', '060100400003001601'],
    ['--request SetThenGetRequestNormalList set=4500020C=long-unsigned:360+4500020C/3 piid=4', '060304014500020C1201684500020C03'],
    ['--request ActionRequest call=00100100=integer:0 piid=5', '070105001001000F00'],
    ['--request ActionThenGetRequestNormalList call=00100100=integer:0+00100200/0 piid=7', '07030701001001000F000010020000'],
    ['--request ProxySetRequestList device=01 set=20000200=long-unsigned:220 timeout=10 device-timeout=3 piid=2', '090302000A01020001000301200002001200DC'],
    ['--request ProxySetThenGetRequestList device=01 set=20000200=long-unsigned:220+20000200/1 device-timeout=3 piid=2', '090402000A01020001000301200002001200DC2000020001'],
    ['--request ProxyActionRequestList device=01 call=00100100=null device-timeout=3 piid=2', '090502000A010200010003010010010000'],
    ['--request ProxyActionThenGetRequestList device=01 call=00100100=null+20000200/1 device-timeout=3 piid=2', '090602000A0102000100030100100100002000020001'],
    ['--request ProxyTransCommandRequest port=F2010200 timeout=3 message=AABB piid=2', '090702F201020006020801000003000A02AABB'],
  ])('%s', async (more, published) => {
    const { exit, stdout, stderr } = await encode([...device, ...more.split(' ')])
    expect({ exit, frame: stdout.trim().slice(28, -6) }).toEqual({
      exit: 0,
      frame: published + ended,
    })
    expect(stderr).toMatch(/its end is 2000-01-01T00:00:00/)
  })
})

describe('what sets or orders something of 376.1 carries a time tag of long ago', () => {
  // PW of sixteen zeros, then Tp: counter 0, 31st 23:45:00, 15 minutes.
  const tail = `${'00'.repeat(16)}00004523310F`

  // By hand from clauses 5.2, 5.5 and 5.6.
  // biome-ignore format: a table, one row a line
  test.each([
    ['--item 04-F5:=093E8A', '04F000001000093E8A'],
    ['--item 04-F3=10.1.2.3/23161/10.1.2.3/44898/OPENHES-METERING', '04F0000004000A010203795A0A01020362AF4F50454E4845532D4D45544552494E47'],
    ['--item 05-F31=2026-11-22T10:15:00', '05F00000400300151022F126'],
    ['--item 05-F26=', '05F000000203'],
    ['--request reset what=restart', '01F000000100'],
    ['--request send afn=05 fn=34', '05F000000204'],
  ])('%s', async (more, published) => {
    const { exit, stdout, stderr } = await encode([...terminal, ...more.split(' ')])
    expect({ exit, frame: stdout.trim().slice(24, -4) }).toEqual({
      exit: 0,
      frame: published + tail,
    })
    expect(stderr).toMatch(/it names no day on which it ends/)
  })

  test('and so does a frame that is passed on, where it is an order', async () => {
    const inner = '68785634120000681C1035665544AB8967454D3333334B5544594716'
    const { stdout, stderr } = await encode([...terminal, '--request', 'forward', `frame=${inner}`])
    expect(stdout).toContain(`10E000000100016BBC0A1C00${inner}${tail}`)
    expect(stderr).toContain('opens a relay (trip)')
  })

  test('but what only asks does not', async () => {
    const inner = '68611001301215681104333334337B16'
    const call = [...terminal, '--request', 'forward', `frame=${inner}`, 'port=31']
    const { stdout, stderr } = await encode(call)
    expect(stdout).toContain(`000001001F6BBC0A1000${inner}${'00'.repeat(16)}`)
    expect(stderr).toBe('')
  })

  test('and is refused where it is of a point that nobody named', async () => {
    const { exit, stderr } = await encode([...terminal, '--item', '05-F1=00'])
    expect(exit).toBe(2)
    expect(stderr).toContain('give the address as 4401-0105/N')
  })
})

describe('a visit to a DLMS meter', () => {
  test('is printed whole: link, association, scaler, value, release, end', async () => {
    const { exit, stdout, stderr } = await encode(['-p', 'dlms', '-a', '1/17', '-i', '1.8.0'])
    const frames = framesOf(stdout)
    expect({ exit, stderr, count: frames.length }).toEqual({ exit: 0, stderr: '', count: 6 })
    const { stdout: said } = await hes(['decode', '--json', '-p', 'dlms'], { stdin: [stdout] })
    expect(documents(said)).toMatchObject([
      { valid: true, function: expect.stringMatching(/SNRM/) },
      { valid: true, service: 'AARQ' },
      { valid: true, service: 'GetRequestNormal', obis: '1.0.1.8.0.255', attribute: 3 },
      { valid: true, service: 'GetRequestNormal', obis: '1.0.1.8.0.255', attribute: 2 },
      { valid: true, service: 'RLRQ' },
      { valid: true, function: expect.stringMatching(/DISC/) },
    ])
  })

  test.each([
    // Selector 1 from clock to clock and selector 2 from entry to entry (Blue Book, class 7).
    [
      '@2026-11-20T00:00..2026-11-21T00:00',
      '070100630100FF0201010204020412000809060000010000FF0F02120000090C07EA0B1405000000008000FF090C07EA0B1506000000008000FF0100',
    ],
    ['#1-96', '070100630100FF020102020406000000010600000060120001120000'],
  ])('asks a profile for its rows %s', async (rows, selected) => {
    const item = `7:1.0.99.1.0.255:2${rows}`
    const { stdout } = await encode(['-p', 'dlms', '-a', '1/17', '-i', item])
    expect(framesOf(stdout).filter((frame) => frame.includes(selected))).toHaveLength(1)
  })

  test('in pieces where a frame takes no more, and to its end', async () => {
    const value = 'AB'.repeat(300)
    const call = ['-p', 'dlms', '-a', '1/17', '-i', `1:0.0.96.1.0.255:2=octets:${value}`]
    const { exit, stdout } = await encode(call)
    expect(exit).toBe(0)
    // 3 of link and association, 128 bytes a piece, and the end.
    const frames = framesOf(stdout)
    expect(frames.map((frame) => frame.slice(2, 3))).toEqual([...'AAAAAAA'])
    const pieces = frames.slice(2, 5).map((frame) => frame.slice(18, -6))
    expect(pieces.join('')).toBe(`E6E600C101C100010000600100FF020009${'82012C'}${value}`)
  })

  test('with a word about each frame of it that moves something', async () => {
    const call = [
      '-p',
      'dlms',
      '-a',
      '1/17',
      '--profile',
      'wrapper',
      '-i',
      '8:0.0.1.0.0.255:2:=090100',
    ]
    const { exit, stdout, stderr } = await encode(call)
    expect(exit).toBe(0)
    expect(framesOf(stdout)[1]).toBe('0001001000010010C101C100080000010000FF0200090100')
    expect(stderr).toMatch(/^hes: frame 2 sets a clock \(clock\); it names no day/)
  })
})

test('requests that one item leads to are all printed', async () => {
  // A demand of 1997 is read with its time and with the meter's date.
  const { stdout } = await encode([...old, '-i', '1.6.0'])
  expect(framesOf(stdout)).toEqual([
    '6878563412000068010243D3FD16',
    '6878563412000068010243E30D16',
    '6878563412000068010243F31D16',
  ])
})
