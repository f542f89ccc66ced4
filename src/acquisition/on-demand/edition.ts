import type { Edition } from '#protocols/dlt645'
import type { Clock } from '#src/core'
import { otherEditionReason } from '../field/edition-bench.ts'
import { otherEdition } from '../field/survey.ts'
import type { ChannelWorker, PolledMeter } from '../polling/index.ts'
import type { MeterReadout } from '../readers/index.ts'
import type { ExchangeFailure } from '../wire/index.ts'
import { mobileLimits } from '../wire/index.ts'

/**
 * Why a meter was silent to all that it was asked, where it speaks the other edition of DL/T 645:
 * one question more, between two reads of its channel. Null for any other reason, and where the
 * channel has no time.
 */
export async function wrongEdition(
  worker: Pick<ChannelWorker, 'lend'>,
  { protocol, address }: PolledMeter,
  readout: MeterReadout,
  clock: Clock,
): Promise<ReturnType<typeof otherEditionReason> | null> {
  if (!isEdition(protocol) || !isMute(readout)) return null
  const silent = { address, edition: protocol }
  const spoken = await new Promise<Edition | null>((resolve, reject) => {
    const isTaken = worker.lend({
      async use(line, signal) {
        await otherEdition(line, clock, silent, mobileLimits, signal).then(resolve, reject)
      },
      refuse: () => resolve(null),
    })
    if (!isTaken) resolve(null)
  })
  return spoken && otherEditionReason(protocol, spoken)
}

function isEdition(protocol: string): protocol is Edition {
  return protocol === 'dlt645-2007' || protocol === 'dlt645-1997'
}

/** A terminal on the way has reasons of its own, and speaks neither edition. */
function isMute({ failure, readings, refusals }: MeterReadout): boolean {
  return isPlainTimeout(failure) && readings.length === 0 && refusals.length === 0
}

function isPlainTimeout(failure: ExchangeFailure | null): boolean {
  return failure?.code === 'exchange.timeout' && failure.fault === null
}
