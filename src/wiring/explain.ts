import { valueText } from '#protocols/model'
import { frameTools } from '#src/acquisition/frames'

/** What a frame says by itself; null where no protocol takes it for its own. */
export async function explainFrame(
  frame: Uint8Array,
): Promise<Readonly<Record<string, unknown>> | null> {
  for (const tool of await frameTools('auto')) {
    if (tool.proof === 'weak' || tool.scanner() === null) continue
    const {
      valid,
      protocol,
      direction,
      address,
      function: does,
      dataId,
      readings,
      error,
    } = tool.describe(frame)
    if (!valid) continue
    const values = readings.map(({ item, value, unit }) => ({
      item,
      value: valueText(value),
      unit,
    }))
    return { protocol, direction, address, function: does, dataId, readings: values, error }
  }
  return null
}
