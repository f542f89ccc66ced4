import type { ProtocolName } from '#protocols/model'
import type { ChannelWorker, PolledMeter } from '../polling/index.ts'
import type { MeterReader } from '../readers/index.ts'
import { type Line, mobileLimits } from '../wire/index.ts'

/** Protocols whose meters are named by twelve digits: a wrong one is not seen by the address. */
const candidates: readonly ProtocolName[] = ['dlt645-2007', 'dlt645-1997', 'dlt698']
/** A frame may be lost. */
const ASKS = 2
const ASKED = ['1.8.0']

/**
 * The protocol in which a meter answers to a question for its total energy: its own, where it is
 * silent to other questions only, or another one, in which it is not asked where it is looked for
 * on a line that is not its own. Null where it answers in none, and `unasked` where the channel has
 * no time.
 */
export function spokenBy(
  worker: Pick<ChannelWorker, 'lend'>,
  readers: readonly MeterReader[],
  meter: PolledMeter,
  where: 'at-home' | 'elsewhere',
): Promise<ProtocolName | null | 'unasked'> {
  if (!candidates.includes(meter.protocol)) return Promise.resolve(null)
  const own = readers.filter(({ name }) => name === meter.protocol)
  const others = readers.filter(({ name }) => candidates.includes(name) && name !== meter.protocol)
  const asked = where === 'elsewhere' ? own : [...own, ...others]
  return new Promise((resolve, reject) => {
    const isTaken = worker.lend({
      async use(line, signal) {
        await firstThatAnswers(line, asked, meter, signal).then(resolve, reject)
      },
      refuse: () => resolve('unasked'),
    })
    if (!isTaken) resolve('unasked')
  })
}

async function firstThatAnswers(
  line: Line,
  readers: readonly MeterReader[],
  { address }: PolledMeter,
  signal: AbortSignal,
): Promise<ProtocolName | null> {
  const meter = { address, profile: null }
  for (let ask = 0; ask < ASKS; ask++) {
    for (const reader of readers) {
      if (signal.aborted || !line.open) return null
      const { readings, refusals } = await reader.read(line, meter, ASKED, mobileLimits, signal)
      if (readings.length > 0 || refusals.length > 0) return reader.name
    }
  }
  return null
}
