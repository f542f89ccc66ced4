import { dlt645Face, dlt698TerminalFace, gdw376Face, standardBytesMax } from '#simulators/faces'
import { areaName } from './archive.ts'
import { type Caller, startConcentrator } from './concentrator.ts'
import { startListening } from './listening.ts'
import {
  type Builder,
  type Built,
  joinBuilt,
  type Moved,
  move,
  named,
  settle,
} from './moving-in.ts'
import { faultsOf, type ScenarioGroup } from './scenario.ts'

type TerminalGroup = Extract<ScenarioGroup, { kind: 'terminal' }>

/** What a group of terminals is built from beside the scenario. */
export interface TerminalNames {
  readonly meterAddress: (number: number) => string
  readonly seedOf: (place: number) => number
}

const REGION = '3301'
const TERMINAL_PREFIX = '330190'

/** Terminals that dial in by the protocol's own login, with meters at their metering points. */
export async function buildTerminals(
  group: TerminalGroup,
  builder: Builder,
  names: TerminalNames,
): Promise<Built> {
  const { scenario, ports, firstArea, firstNumber } = builder
  const built: Built[] = []
  let number = firstNumber
  for (let nth = 0; nth < group.terminals; nth++) {
    const count = Math.ceil((group.meters - (number - firstNumber)) / (group.terminals - nth))
    const area = firstArea + nth
    const address = group.identities?.[nth] ?? identityOf(group, area)
    const meterAddress = named(group, firstNumber, names.meterAddress)
    const residents = move(builder, number, count, { phases: null, address: meterAddress, area })
    const face = terminalFace(group, builder, address, residents)
    const line = { faults: faultsOf(scenario, group.faults), seed: names.seedOf(area) }
    const called = {
      concentrator: address,
      concentratorName: `${areaName(area - 1)}终端`,
      protocol: group.protocol,
    }
    if (group.port !== undefined) {
      const host = scenario.listenHost
      const place = { name: `tcp-${address}`, host, port: group.port && group.port + nth }
      const device = await startListening({ ...place, ...line, face: () => face }, ports)
      built.push(
        settle([device], asRead(group, address, residents), 1, {
          ...called,
          channel: place.name,
          channelKind: 'tcp',
          channelSettings: { host, port: device.port },
        }),
      )
      number += count
      continue
    }
    const device = startConcentrator(
      {
        address,
        host: scenario.headEnd.host,
        port: scenario.headEnd.dialInPort,
        face,
        ...line,
        heartbeatMs: group.heartbeatS * 1_000,
        hangUpAfterMs: group.hangUpAfterS === null ? null : group.hangUpAfterS * 1_000,
      },
      ports,
    )
    built.push(
      settle([device], asRead(group, address, residents), 1, {
        ...called,
        channel: `dialin-${address}`,
        channelKind: 'dialin',
        channelSettings: { identity: address },
      }),
    )
    number += count
  }
  return joinBuilt(built)
}

function identityOf({ protocol }: TerminalGroup, area: number): string {
  return protocol === 'gdw376'
    ? `${REGION}-${area.toString(16).padStart(4, '0').toUpperCase()}`
    : TERMINAL_PREFIX + String(area).padStart(6, '0')
}

/** A head-end names a meter of 376.1 by the terminal and the metering point. */
function asRead(
  { protocol }: TerminalGroup,
  terminal: string,
  residents: readonly Moved[],
): readonly Moved[] {
  if (protocol !== 'gdw376') return residents
  return residents.map((resident, index) => ({
    ...resident,
    archive: { ...resident.archive, meterAddress: `${terminal}/${index + 1}` },
  }))
}

function terminalFace(
  group: TerminalGroup,
  { site }: Builder,
  address: string,
  residents: readonly Moved[],
): Caller {
  const meters = residents.map(({ meter }) => meter)
  if (group.protocol === 'gdw376') {
    return gdw376Face({
      address,
      site,
      points: meters.map((meter, index) => ({ point: index + 1, meter })),
      port: dlt645Face(meters),
      password: null,
      bytesMax: standardBytesMax,
    })
  }
  const port = dlt645Face(meters)
  return dlt698TerminalFace({ address, site, meters, port, heartbeatSeconds: group.heartbeatS })
}
