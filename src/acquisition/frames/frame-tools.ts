import type { ProtocolName } from '#protocols/model'
import type { FrameTool } from './types.ts'

/**
 * How the frames of each protocol are found and explained. Each is loaded when it is asked for:
 * whoever names a protocol does not wait for the tables of the others.
 */
const loaders: Readonly<Record<ProtocolName, () => Promise<readonly FrameTool[]>>> = {
  async gdw376() {
    const { gdw376 } = await import('#protocols/gdw376')
    return [await carrying(gdw376)]
  },
  async dlt698() {
    const { dlt698 } = await import('#protocols/dlt698')
    return [await carrying(dlt698)]
  },
  async dlms() {
    const [{ dlms }, { wrapperScanner }] = await Promise.all([
      import('../ciphered-dlms.ts'),
      import('#protocols/dlms'),
    ])
    // Long answers come in blocks: each describer remembers those that came before.
    const inSeries = () => ({ ...toolOf(dlms), describe: dlms.describer() })
    // Over TCP a version, a length and a tag are all there is to know a wrapper by.
    return [inSeries(), { ...inSeries(), proof: 'weak', scanner: wrapperScanner, onlyInTcp: true }]
  },
  async 'dlt645-2007'() {
    const { dlt645 } = await import('#protocols/dlt645')
    return [toolOf(dlt645)]
  },
  async 'dlt645-1997'() {
    const { dlt645v1997 } = await import('#protocols/dlt645')
    return [toolOf(dlt645v1997)]
  },
  async modbus() {
    const { mbap, modbus, rtu } = await import('#protocols/modbus')
    const describe = (frame: Uint8Array) => modbus.describe(frame)
    const weak = { protocol: 'modbus', proof: 'weak', describe } as const
    return [
      { ...weak, scanner: () => rtu.scanner('both') },
      { ...weak, scanner: () => mbap.scanner(), onlyInTcp: true },
    ]
  },
  async mqtt() {
    const { decodeMessage, describeMessage } = await import('#protocols/mqtt')
    return [
      {
        protocol: 'mqtt',
        proof: 'weak',
        scanner: () => null,
        describe: (payload) => describeMessage('', payload, decodeMessage),
        describeText(line) {
          const publication = publicationIn(line)
          if (publication === null) return null
          const { topic, payload } = publication
          return describeMessage(topic, new TextEncoder().encode(payload), decodeMessage)
        },
      },
    ]
  },
}

/** What carries frames of others comes before them; what has the weaker check comes last. */
const autoLoaders = [
  loaders.gdw376,
  loaders.dlt698,
  loaders.dlms,
  bothEditions,
  loaders.modbus,
  loaders.mqtt,
]

/** The tools of one protocol, or of all of them in the order in which they are tried. */
export async function frameTools(protocol: ProtocolName | 'auto'): Promise<readonly FrameTool[]> {
  if (protocol !== 'auto') return loaders[protocol]()
  const tools = await Promise.all(autoLoaders.map((load) => load()))
  return tools.flat()
}

/** The editions of DL/T 645 share the frame, and a line may have meters of both. */
async function bothEditions(): Promise<readonly FrameTool[]> {
  const { detectEdition, dlt645, dlt645v1997 } = await import('#protocols/dlt645')
  const isOld = (frame: Uint8Array) => detectEdition(frame)?.edition === 'dlt645-1997'
  const describe = (frame: Uint8Array) => (isOld(frame) ? dlt645v1997 : dlt645).describe(frame)
  return [{ ...toolOf(dlt645), describe }]
}

interface Explaining extends Pick<FrameTool, 'scanner' | 'describe'> {
  readonly name: ProtocolName
}

function toolOf(protocol: Explaining): FrameTool {
  return {
    protocol: protocol.name,
    proof: 'strong',
    scanner: () => protocol.scanner(),
    describe: (frame) => protocol.describe(frame),
  }
}

/** The tool of a protocol whose frames may carry those of meters (转发). */
async function carrying(
  protocol: Explaining & { carried(frame: Uint8Array): readonly Uint8Array[] },
): Promise<FrameTool> {
  const tool = toolOf(protocol)
  const [{ dlt698 }, editions] = await Promise.all([import('#protocols/dlt698'), bothEditions()])
  const inside = [...editions, toolOf(dlt698)]
  const explain = (frame: Uint8Array) => {
    for (const { describe } of inside) {
      const explained = describe(frame)
      if (explained.valid) return [explained]
    }
    return []
  }
  return {
    ...tool,
    describe(frame) {
      const explained = tool.describe(frame)
      const carried = protocol.carried(frame).flatMap(explain)
      return carried.length === 0 ? explained : { ...explained, carried }
    },
  }
}

/** `topic payload`, as `mosquitto_sub -v` prints it; the payload is JSON. */
function publicationIn(line: string): { topic: string; payload: string } | null {
  const match = /^(\S*\/\S*)\s+(\S.*)$/s.exec(line.trim())
  const topic = match?.[1]
  const payload = match?.[2]
  if (topic === undefined || payload === undefined || !/^[[{"\d-]/.test(payload)) return null
  return { topic, payload }
}
