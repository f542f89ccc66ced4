import { fail, ok } from '#src/core'
import type { Granularity, MeteredSpan } from '#src/metering'
import { parseRegister, type Range } from './ranges.ts'
import type { ApiServices } from './services.ts'

/** The answer of both usage routes. */
export async function usageOf(
  { metering, civil }: Pick<ApiServices, 'metering' | 'civil'>,
  installations: readonly MeteredSpan[],
  registerText: string,
  range: Range,
  granularity: Granularity,
) {
  const register = parseRegister(registerText)
  if (!register.ok) return register
  const { code } = register.value
  const usage = await metering.usage({ installations, register: code, ...range, granularity })
  if (!usage.ok) {
    const { kind, message } = usage.error
    const problem = kind === 'not-a-register' ? 'not-energy' : 'range-too-long'
    return fail({ code: problem, detail: message } as const)
  }
  const items = usage.value.items.map(({ start, end, value, quality }) => ({
    start: civil.iso(start),
    end: civil.iso(end),
    value,
    quality,
  }))
  const { unit, fallen } = usage.value
  return ok({ body: { register: code, unit, granularity, items, fallen } })
}
