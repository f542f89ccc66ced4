import type { Data } from './data.ts'

/** What selective access asks for: selector 1 is by range, 2 by entry. */
export interface Access {
  readonly selector: number
  readonly parameters: Data
}

/** An attribute of an object, or a method of it. */
export interface Target {
  readonly classId: number
  readonly obis: string
  readonly id: number
  readonly access: Access | null
}

/** Data, or a Data-Access-Result that is none. */
export type AccessResult =
  | { readonly ok: true; readonly data: Data }
  | { readonly ok: false; readonly result: number }

export interface ActionResult {
  readonly result: number
  readonly returned: AccessResult | null
}

/** A piece of something too long for one APDU. */
export interface Block {
  readonly number: number
  readonly last: boolean
  readonly bytes: Uint8Array
}

/** The services of xDLMS with logical names, as far as they are understood here. */
export type Service =
  | {
      readonly kind: 'get-request'
      readonly form: 'normal' | 'next' | 'list'
      readonly invoke: number
      readonly targets: readonly Target[]
      readonly block: number | null
    }
  | {
      readonly kind: 'get-response'
      readonly form: 'normal' | 'block' | 'list'
      readonly invoke: number
      readonly results: readonly AccessResult[]
      readonly block: Block | null
    }
  | {
      readonly kind: 'set-request'
      readonly form: 'normal' | 'first-block' | 'block' | 'list' | 'list-first-block'
      readonly invoke: number
      readonly targets: readonly Target[]
      readonly values: readonly Data[]
      readonly block: Block | null
    }
  | {
      readonly kind: 'set-response'
      readonly form: 'normal' | 'block' | 'last-block' | 'last-block-list' | 'list'
      readonly invoke: number
      readonly results: readonly number[]
      readonly block: number | null
    }
  | {
      readonly kind: 'action-request'
      readonly form: 'normal' | 'next' | 'list' | 'first-block' | 'list-first-block' | 'block'
      readonly invoke: number
      readonly targets: readonly Target[]
      readonly values: readonly (Data | null)[]
      readonly block: Block | null
      /** Of `next`: the block of the answer that was taken. */
      readonly taken: number | null
    }
  | {
      readonly kind: 'action-response'
      readonly form: 'normal' | 'block' | 'list' | 'next'
      readonly invoke: number
      readonly results: readonly ActionResult[]
      readonly block: Block | null
      readonly taken: number | null
    }
  | {
      readonly kind: 'exception'
      readonly state: number
      readonly service: number
      /** Of an invocation counter that was used: the next one that would do. */
      readonly counter?: number
    }
  | {
      readonly kind: 'service-error'
      readonly service: number
      readonly error: number
      readonly value: number
    }
  | {
      readonly kind: 'data-notification'
      readonly invoke: number
      /** The twelve bytes of its time; empty where it carries none. */
      readonly time: Uint8Array
      readonly body: Data
    }
  | {
      readonly kind: 'event-notification'
      readonly time: Uint8Array
      readonly target: Target
      readonly value: Data
    }

export type ServiceOf<Kind extends Service['kind']> = Extract<Service, { readonly kind: Kind }>
