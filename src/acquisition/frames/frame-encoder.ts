import { fromHex } from '#protocols/bytes'
import type { ModbusProfile } from '#protocols/modbus'
import {
  type FormedFrames,
  type FormTarget,
  type MeterTime,
  meterTimeText,
  type Protocol,
  type ProtocolName,
  type RequestForms,
} from '#protocols/model'
import type { Classifier } from '../gate/acts.ts'
import { takeArguments } from './arguments.ts'
import { type Speech, speaking } from './speech.ts'
import type { EncodedFrames, EncodeTarget, FrameEncoder } from './types.ts'

/** Null where the protocol has no requests. `maps` are the user's own, for Modbus. */
export async function frameEncoder(
  protocol: ProtocolName,
  maps: readonly ModbusProfile[] = [],
): Promise<FrameEncoder | null> {
  switch (protocol) {
    case 'dlt645-2007': {
      const { dlt645, dlt645Forms } = await import('#protocols/dlt645')
      return encoderOf(speaking(dlt645, dlt645Forms))
    }
    case 'dlt645-1997': {
      const { dlt645v1997, dlt645v1997Forms } = await import('#protocols/dlt645')
      const { partsOf1997 } = await import('./parts-1997.ts')
      return encoderOf(speaking(dlt645v1997, dlt645v1997Forms, partsOf1997))
    }
    case 'gdw376': {
      const { gdw376, gdw376Forms } = await import('#protocols/gdw376')
      return encoderOf(carrying(gdw376, gdw376Forms, await gate()))
    }
    case 'dlt698': {
      const { dlt698, dlt698Forms } = await import('#protocols/dlt698')
      return encoderOf(carrying(dlt698, dlt698Forms, await gate()))
    }
    case 'modbus':
      return modbusEncoder(maps)
    case 'dlms': {
      const { dlmsSpeech } = await import('./dlms-visit.ts')
      return encoderOf(dlmsSpeech)
    }
    case 'mqtt':
      return null
  }
}

async function modbusEncoder(maps: readonly ModbusProfile[]): Promise<FrameEncoder> {
  const { mbap, modbusForms, modbusWith, rtu } = await import('#protocols/modbus')
  const modbus = modbusWith(maps)
  return encoderOf({
    ...speaking(modbus, modbusForms),
    // Only a visit to a meter knows which registers may be written.
    judge: (message, meter) => ({
      effect: (modbus.session?.(meter, noChance) ?? modbus).effect(message),
      endsAt: null,
    }),
    goesOn: (items, meter) =>
      modbus.plan(items, meter).requests.some(({ kind }) => kind === 'sunspec'),
    frame: (message, index, framing) =>
      framing === 'tcp' ? mbap.frame(message, index + 1) : rtu.frame(message),
  })
}

const noChance = (bytes: number) => new Uint8Array(bytes)

/** How the gate looks at what a frame carries. */
async function gate() {
  const [{ actsOf }, { knownProtocols }] = await Promise.all([
    import('../gate/acts.ts'),
    import('../known-protocols.ts'),
  ])
  return (protocol: Classifier, frame: Uint8Array) => actsOf(protocol, frame, knownProtocols)
}

/** A protocol whose frames may carry those of others: what they do counts as well. */
function carrying<Request, Response>(
  protocol: Protocol<Request, Response>,
  forms: RequestForms,
  actsOf: Awaited<ReturnType<typeof gate>>,
): Speech {
  return {
    ...speaking(protocol, forms),
    judge(frame) {
      const [act] = actsOf(protocol, frame)
      if (!act) return { effect: 'read', endsAt: null }
      // What is carried reaches nobody once the frame around it has ended.
      const ends = [act, ...act.around].flatMap(({ aim }) => aim?.expiresAt ?? [])
      return { effect: act.effect, endsAt: earliest(ends) }
    },
  }
}

function earliest(times: readonly MeterTime[]): MeterTime | null {
  const [first] = times.toSorted((left, right) =>
    meterTimeText(left) < meterTimeText(right) ? -1 : 1,
  )
  return first ?? null
}

function encoderOf(speech: Speech): FrameEncoder {
  const { forms } = speech
  const built = (messages: readonly Uint8Array[], { meter, framing }: EncodeTarget) =>
    messages.map((message, index) => ({
      bytes: speech.frame(message, index, framing),
      ...speech.judge(message, meter),
    }))
  const formTarget = ({ meter, expiresAt }: EncodeTarget): FormTarget => ({
    meter,
    expiresAt,
    effectOf: (frame) => speech.judge(frame, meter).effect,
  })
  return {
    forms,
    items(items, target) {
      const { messages, unsupported } = speech.plan(items, target.meter)
      const faults: string[] = []
      const all = [...messages]
      for (const item of unsupported) {
        const formed = writeOf(forms, item, formTarget(target))
        if (formed === null) faults.push(`has no item ${item} [item.unknown]`)
        else if (typeof formed !== 'string') all.push(...formed)
        else faults.push(`cannot write ${item}: ${formed} [item.value]`)
      }
      const goesOn = speech.goesOn?.(items, target.meter) ? [onByAnswers] : []
      return { frames: built(all, target), faults, notes: goesOn }
    },
    order(action, target) {
      const { meter, expiresAt } = target
      const { messages, unsupported } = speech.order({ action, expiresAt }, meter)
      const faults = unsupported.map(
        (word) => `has no order "${word}" for ${meter.address} [relay.no-order]`,
      )
      return { frames: built(messages, target), faults, notes: [] }
    },
    request(name, args, target) {
      const form = forms.requests.find((one) => one.name === name)
      if (!form) return fault(`has no request "${name}": ${namesOf(forms)} [request.unknown]`)
      const taken = takeArguments(form, args)
      const formed = typeof taken === 'string' ? taken : form.build(taken, formTarget(target))
      if (typeof formed === 'string') return fault(`request: ${formed} [request.arguments]`)
      return { frames: built(formed, target), faults: [], notes: [] }
    },
  }
}

const onByAnswers = 'begins so; what is asked next depends on what the device answers'

const fault = (sentence: string): EncodedFrames => ({
  frames: [],
  faults: [sentence],
  notes: [],
})

function namesOf({ requests }: RequestForms): string {
  return `allowed: ${requests.map(({ name }) => name).join(', ')}`
}

const written = /^([^=]+?)(:?)=(.*)$/s

/** The frames of `ITEM=VALUE` or `ITEM:=HEX`; null for an item without a value. */
function writeOf(forms: RequestForms, item: string, target: FormTarget): FormedFrames | null {
  const [, id, mark, text = ''] = written.exec(item) ?? []
  if (id === undefined) return null
  if (mark !== ':') return forms.write(id, { kind: 'text', text }, target)
  const bytes = text === '' ? new Uint8Array(0) : fromHex(text)
  if (!bytes) return 'allowed behind := are hex digits, two a byte'
  return forms.write(id, { kind: 'bytes', bytes }, target)
}
