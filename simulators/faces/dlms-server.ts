import { slave } from '#protocols/dlms'
import { exceptionOf, type MeterAssociation } from './dlms-association.ts'
import {
  type AccessResult,
  type Data,
  type DlmsObjects,
  publicObis,
  results,
  type Service,
  type Target,
} from './dlms-objects.ts'
import { MeterTransfer } from './dlms-transfer.ts'

const AUTHENTICATION = '0.0.40.0.0.255'
const BLOCK_UNAVAILABLE = 14
const NO_LONG_TRANSFER = 16
/** Headings, cipher and tag beside the bytes of a block. */
const BLOCK_OVERHEAD_BYTES = 48
const VALUE_BYTES_MAX = 65_536

interface Incoming {
  readonly kind: 'set' | 'action'
  readonly target: Target
  readonly bytes: Uint8Array
  readonly number: number
}

/** GET, SET and ACTION of one client, blocks both ways. */
export class DlmsServer {
  readonly #objects: DlmsObjects
  readonly #association: MeterAssociation
  readonly #pduBytesMax: number
  #outgoing: { readonly bytes: Uint8Array; readonly number: number } | null = null
  #incoming: Incoming | null = null
  #transfer: MeterTransfer | null = null

  constructor(objects: DlmsObjects, association: MeterAssociation, pduBytesMax: number) {
    this.#objects = objects
    this.#association = association
    this.#pduBytesMax = pduBytesMax
  }

  /** The APDUs that answer one, several where a client takes them in a row. */
  answers(apdu: Uint8Array, nowMs: number): readonly Uint8Array[] {
    const more = this.#transfer?.after(apdu)
    if (more) return more
    this.#transfer = null
    const answer = this.#answer(apdu, nowMs)
    if (!answer) return []
    if (!this.#association.isByGeneralBlocks || answer.length <= this.#pduMax) return [answer]
    this.#transfer = new MeterTransfer(answer, this.#pduMax)
    return this.#transfer.first()
  }

  #answer(apdu: Uint8Array, nowMs: number): Uint8Array | null {
    const acse = this.#association.answer(apdu)
    if (acse) {
      this.#outgoing = null
      this.#incoming = null
      return acse
    }
    const read = this.#association.read(apdu)
    if (!read) return this.#association.write(exceptionOf(2))
    if ('exception' in read) return this.#association.write(read.exception)
    const answer = this.#serve(read.service, nowMs)
    return answer && this.#association.write(answer)
  }

  #serve(service: Service, nowMs: number): Service | null {
    if (this.#association.isChallenged) return this.#challenged(service)
    if (!this.#association.isOpen) return exceptionOf(1)
    switch (service.kind) {
      case 'get-request':
        return this.#get(service, nowMs)
      case 'set-request':
        return this.#set(service, nowMs)
      case 'action-request':
        return this.#action(service, nowMs)
      default:
        return exceptionOf(2)
    }
  }

  #challenged(service: Service): Service {
    const isReply = service.kind === 'action-request' && service.targets[0]?.obis === AUTHENTICATION
    const [value] = isReply ? service.values : []
    const proof = value?.kind === 'octets' ? this.#association.prove(value.bytes) : null
    if (service.kind !== 'action-request' || !isReply) return exceptionOf(1)
    const returned = proof && ({ ok: true, data: slave.data.octets(proof) } as const)
    const result = proof ? results.done : results.denied
    return actionResponse(service.invoke, result, returned)
  }

  #get(service: Service & { kind: 'get-request' }, nowMs: number): Service {
    const { form, invoke, targets } = service
    if (form === 'next') return this.#nextBlock(invoke, service.block ?? 0)
    this.#outgoing = null
    const found = targets.map((target) => this.#readOne(target, nowMs))
    const response = { kind: 'get-response', form, invoke, results: found, block: null } as const
    const whole = slave.apdu.writeService(response)
    if (this.#association.isByGeneralBlocks) return response
    if (whole.length + BLOCK_OVERHEAD_BYTES <= this.#pduMax) return response
    // In blocks the choice and invoke id stay outside; of a single result its choice, too.
    this.#outgoing = { bytes: whole.subarray(form === 'list' ? 3 : 4), number: 0 }
    return this.#nextBlock(invoke, 0)
  }

  get #pduMax(): number {
    return Math.min(this.#pduBytesMax, this.#association.clientMaxPduBytes)
  }

  #readOne(target: Target, nowMs: number): AccessResult {
    if (this.#association.rights === 'public' && !publicObis.has(target.obis)) {
      return { ok: false, result: results.denied }
    }
    return this.#objects.read(target, nowMs)
  }

  #nextBlock(invoke: number, taken: number): Service {
    const outgoing = this.#outgoing
    const response = { kind: 'get-response', form: 'block', invoke } as const
    if (!outgoing || outgoing.number !== taken) {
      const block = { number: taken, last: true, bytes: new Uint8Array(0) }
      return { ...response, results: [{ ok: false, result: BLOCK_UNAVAILABLE }], block }
    }
    const size = Math.max(1, this.#pduMax - BLOCK_OVERHEAD_BYTES)
    const bytes = outgoing.bytes.subarray(0, size)
    const rest = outgoing.bytes.subarray(size)
    const number = taken + 1
    this.#outgoing = rest.length > 0 ? { bytes: rest, number } : null
    return { ...response, results: [], block: { number, last: rest.length === 0, bytes } }
  }

  #set(service: Service & { kind: 'set-request' }, nowMs: number): Service {
    const { form, invoke, targets, values, block } = service
    const kind = 'set-response'
    if (form === 'normal' || form === 'list') {
      const done = targets.map((target, index) => this.#writeOne(target, values[index], nowMs))
      return { kind, form, invoke, results: done, block: null }
    }
    const [target] = targets
    const incoming = this.#collect('set', target, block)
    if (!incoming) {
      const number = block?.number ?? 0
      return { kind, form: 'last-block', invoke, results: [NO_LONG_TRANSFER], block: number }
    }
    const { number } = incoming
    if (!block?.last) return { kind, form: 'block', invoke, results: [], block: number }
    this.#incoming = null
    const data = slave.data.read(incoming.bytes)
    const result = data ? this.#writeOne(incoming.target, data, nowMs) : results.unmatched
    return { kind, form: 'last-block', invoke, results: [result], block: number }
  }

  #collect(
    kind: Incoming['kind'],
    target: Target | undefined,
    block: { readonly number: number; readonly bytes: Uint8Array } | null,
  ): Incoming | null {
    if (!block) return null
    const before = target ? { kind, target, bytes: new Uint8Array(0), number: 0 } : this.#incoming
    if (before?.kind !== kind || block.number !== before.number + 1) return null
    const bytes = slave.join(before.bytes, block.bytes)
    if (bytes.length > VALUE_BYTES_MAX) return null
    this.#incoming = { ...before, bytes, number: block.number }
    return this.#incoming
  }

  #writeOne(target: Target, data: Data | undefined, nowMs: number): number {
    if (this.#association.rights === 'public' || !data) return results.denied
    return this.#objects.write(target, data, nowMs)
  }

  #action(service: Service & { kind: 'action-request' }, nowMs: number): Service {
    const { form, invoke, targets, block } = service
    if (form === 'normal' || form === 'list') {
      const done = targets.map((target) => ({
        result: this.#invokeOne(target, nowMs),
        returned: null,
      }))
      return { kind: 'action-response', form, invoke, results: done, block: null, taken: null }
    }
    const incoming = this.#collect('action', targets[0], block)
    if (!incoming) return actionResponse(invoke, NO_LONG_TRANSFER, null)
    const taken = incoming.number
    if (!block?.last) {
      return { kind: 'action-response', form: 'next', invoke, results: [], block: null, taken }
    }
    this.#incoming = null
    return actionResponse(invoke, this.#invokeOne(incoming.target, nowMs), null)
  }

  #invokeOne(target: Target, nowMs: number): number {
    if (this.#association.rights !== 'all') return results.denied
    return this.#objects.invoke(target, nowMs)
  }
}

function actionResponse(invoke: number, result: number, returned: AccessResult | null): Service {
  return {
    kind: 'action-response',
    form: 'normal',
    invoke,
    results: [{ result, returned }],
    block: null,
    taken: null,
  }
}
