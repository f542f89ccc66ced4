import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { Aedes } from 'aedes'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { listenForDialIns } from '#drivers/dialin'
import { nodeNetwork } from '#drivers/tcp'
import { dlt645 } from '#protocols/dlt645'
import { mbap } from '#protocols/modbus'
import { decodeMessage } from '#protocols/mqtt'
import { demoScenario, parseScenario, type Scenario, startFleet } from '#simulators/fleet'
import { ManualClock } from '#tests/support'

const place = { dialInPort: 1, mqttUrl: null, zone: 'Asia/Shanghai' }

/** A field without faults, so that nothing has to be waited for. */
function scenarioOf(groups: Scenario['groups'], dialInPort = 1): Scenario {
  const demo = demoScenario(1, { ...place, dialInPort })
  return { ...demo, faults: {}, groups }
}

async function listen(clock: ManualClock) {
  const options = { host: '127.0.0.1', port: 0, connectionsMax: 10 }
  const opened = await listenForDialIns(options, nodeNetwork, clock)
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

/** Sends bytes to a port and resolves with the first that come back. */
async function exchange(port: number, bytes: Uint8Array): Promise<Uint8Array> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    socket.write(bytes)
    const [data] = await once(socket, 'data')
    return data
  } finally {
    socket.destroy()
  }
}

function portOf(row: { channelSettings: Readonly<Record<string, unknown>> } | undefined): number {
  return Number(row?.channelSettings.port)
}

describe('a fleet', () => {
  it('dials in, says who it is, answers for its meters, and calls again when it is cut off', async () => {
    const clock = new ManualClock()
    const listener = await listen(clock)
    const scenario = scenarioOf(
      [{ kind: 'dialin', meters: 5, concentrators: 2, heartbeatS: 60, hangUpAfterS: null }],
      listener.port,
    )
    const fleet = await startFleet(scenario, { clock, network: nodeNetwork })
    const sessions = listener.sessions()[Symbol.asyncIterator]()
    try {
      const calls = [await sessions.next(), await sessions.next()].map(({ value }) => value)
      const identities = calls.map((call) => call?.identity).sort()
      expect(identities).toEqual(['330100000001', '330100000002'])
      const rows = fleet.archive().filter(({ concentrator }) => concentrator === identities[0])
      expect(rows).toHaveLength(3)
      const [call] = calls.filter((each) => each?.identity === identities[0])
      if (!call) throw new Error('no call')
      const address = rows[1]?.meterAddress ?? ''
      const request = { kind: 'read', address, dataId: '00010000', load: null } as const
      await call.channel.send(dlt645.encode(request), new AbortController().signal)
      const scanner = dlt645.scanner()
      for await (const chunk of call.channel.bytes()) {
        const [frame] = scanner.push(chunk)
        if (!frame) continue
        expect(dlt645.decode(frame)).toMatchObject({ kind: 'answer', response: { address } })
        break
      }
      expect(fleet.stats()).toMatchObject({ meters: 5, devices: 2, connected: 2 })
      await call.channel.close()
      const again = sessions.next()
      // The concentrator notices over a real socket; only its pause is virtual.
      let called = false
      void again.then(() => {
        called = true
      })
      while (!called) await clock.advance(100)
      expect((await again).value?.identity).toBe(identities[0])
    } finally {
      await fleet.stop()
      await listener.close()
    }
  })

  it('waits on TCP ports as serial server and as Modbus gateways', async () => {
    const scenario = scenarioOf([
      { kind: 'tcp', meters: 2, port: 0 },
      { kind: 'modbus-tcp', meters: 2, port: 0, profiles: ['sdm630', 'iem3155'] },
      { kind: 'modbus-rtu-tcp', meters: 1, port: 0, profiles: ['dtsu666'], addresses: ['17'] },
    ])
    const fleet = await startFleet(scenario, { clock: new ManualClock(), network: nodeNetwork })
    try {
      const rows = fleet.archive()
      expect(rows.map(({ channelKind }) => channelKind)).toEqual([
        'tcp',
        'tcp',
        'modbus-tcp',
        'modbus-tcp',
        'modbus-rtu-tcp',
      ])
      expect(rows[4]).toMatchObject({ meterAddress: '17', profile: 'dtsu666' })
      const address = rows[1]?.meterAddress ?? ''
      const request = { kind: 'read', address, dataId: '00010000', load: null } as const
      const answer = await exchange(portOf(rows[0]), dlt645.encode(request))
      const [frame] = dlt645.scanner().push(answer)
      expect(frame && dlt645.decode(frame)).toMatchObject({ kind: 'answer' })
      const read = mbap.frame(Uint8Array.of(2, 3, 0x0c, 0x83, 0, 4), 9)
      const reply = await exchange(portOf(rows[2]), read)
      expect([...reply.subarray(0, 9)]).toEqual([0, 9, 0, 0, 0, 11, 2, 3, 8])
    } finally {
      await fleet.stop()
    }
  })

  it('is the same field at every start, and keeps what it is told to remember', async () => {
    const scenario = scenarioOf([{ kind: 'tcp', meters: 20, port: 0 }])
    const ports = { clock: new ManualClock(), network: nodeNetwork }
    const first = await startFleet(scenario, ports)
    first.meterAt('P0000003')?.openRelay(ports.clock.now())
    const known = first.archive().map(({ channelSettings, ...row }) => row)
    await first.stop()
    const second = await startFleet(scenario, ports, first.memory())
    await second.stop()
    expect(second.archive().map(({ channelSettings, ...row }) => row)).toEqual(known)
    expect(second.meterAt('P0000003')?.isClosedAt(ports.clock.now() + 1)).toBe(false)
    expect(second.meterAt('P0000004')?.isClosedAt(ports.clock.now() + 1)).toBe(true)
    const names = ['usagePoint', 'account', 'meterAddress'] as const
    for (const name of names) expect(new Set(known.map((row) => row[name])).size).toBe(20)
  })

  it('stops what it had started when a port is taken', async () => {
    const clock = new ManualClock()
    const listener = await listen(clock)
    const scenario = scenarioOf([
      { kind: 'tcp', meters: 1, port: 0 },
      { kind: 'tcp', meters: 1, port: listener.port },
    ])
    await expect(startFleet(scenario, { clock, network: nodeNetwork })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    await listener.close()
  })
})

describe('an MQTT meter', () => {
  it('forwards what it stored and then says what it measures', async () => {
    const broker = await Aedes.createBroker()
    const server = createServer(broker.handle)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const clock = new ManualClock()
    const demo = scenarioOf([
      { kind: 'mqtt', meters: 1, everyS: 5, families: ['openhes'], backlogHours: 48 },
    ])
    const scenario = { ...demo, headEnd: { ...demo.headEnd, mqttUrl: `mqtt://127.0.0.1:${port}` } }
    const classes: string[] = []
    broker.on('publish', ({ topic, payload }) => {
      const decoded = decodeMessage(topic, Buffer.from(payload))
      if (decoded.kind !== 'readings') return
      for (const { readings } of decoded.devices) {
        classes.push(...readings.filter(({ item }) => item === '1.8.0').map((r) => r.dataClass))
      }
    })
    const fleet = await startFleet(scenario, { clock, network: nodeNetwork })
    try {
      while (!classes.includes('current')) await clock.advance(100)
      expect(classes.filter((each) => each === 'interval')).toHaveLength(192)
      expect(classes.filter((each) => each === 'daily')).toHaveLength(2)
      expect(classes.at(-1)).toBe('current')
    } finally {
      await fleet.stop()
      server.close()
      broker.close()
    }
  })
})

describe('a scenario', () => {
  it('of the example file is right', () => {
    const file = new URL('../../../simulators/fleet/example.yaml', import.meta.url)
    expect(parseScenario(parse(readFileSync(file, 'utf8')))).toMatchObject({ ok: true })
  })

  it('of the demo has as many meters as it was asked for, of every kind', () => {
    for (const meters of [1, 2, 7, 30, 100, 1_000]) {
      const scenario = demoScenario(meters, { ...place, mqttUrl: 'mqtt://127.0.0.1:1883' })
      const sum = scenario.groups.reduce((total, group) => total + group.meters, 0)
      expect(sum).toBe(meters)
      expect(parseScenario(JSON.parse(JSON.stringify(scenario)))).toMatchObject({ ok: true })
    }
    const kinds = demoScenario(100, { ...place, mqttUrl: 'mqtt://x' }).groups.map(
      (each) => each.kind,
    )
    expect(kinds).toEqual(['dialin', 'tcp', 'modbus-tcp', 'modbus-rtu-tcp', 'mqtt'])
  })

  it('that is wrong is refused with every mistake', () => {
    const wrong = {
      ...demoScenario(10, place),
      seed: -1,
      groups: [{ kind: 'modbus-tcp', meters: 1, port: 0, profiles: ['sdm630'], colour: 'red' }],
    }
    const parsed = parseScenario(wrong)
    expect(parsed.ok ? [] : parsed.mistakes).toEqual(
      expect.arrayContaining([
        expect.stringContaining('/seed'),
        expect.stringContaining('/groups/0'),
      ]),
    )
    const unknown = {
      ...demoScenario(10, place),
      groups: [{ kind: 'modbus-tcp', meters: 1, port: 0, profiles: ['sdm999'] }],
    }
    expect(parseScenario(unknown)).toEqual({
      ok: false,
      mistakes: ['/groups/0/profiles: no profile is called sdm999'],
    })
  })
})

describe('what meters of a scenario ask for', () => {
  const key = '000102030405060708090A0B0C0D0E0F'
  const group = { kind: 'tcp', meters: 1, port: 0, protocol: 'dlms' } as const
  const mistakesOf = (access: object, protocol: 'dlms' | 'dlt698' = 'dlms') => {
    const parsed = parseScenario(scenarioOf([{ ...group, protocol, access }]))
    return parsed.ok ? [] : parsed.mistakes
  }

  it('is a password, two keys, or both, and of DLMS only', () => {
    const keys = { encryptionKey: key, authenticationKey: key }
    expect([mistakesOf({}), mistakesOf(keys), mistakesOf({ ...keys, password: '1' })]).toEqual([
      [],
      [],
      [],
    ])
    const wrong = ['/groups/0/access: allowed: no keys, or two of 16 or of 32 bytes, in hex']
    expect(mistakesOf({ encryptionKey: key })).toEqual(wrong)
    expect(mistakesOf({ encryptionKey: key, authenticationKey: `${key}${key}` })).toEqual(wrong)
    expect(mistakesOf({ encryptionKey: 'k', authenticationKey: 'k' })).toEqual(wrong)
    expect(mistakesOf(keys, 'dlt698')).toEqual(['/groups/0/access: only DLMS meters have one'])
  })
})
