import { createHash } from 'node:crypto'
import { toHex } from '#protocols/bytes'
import type { Dlt698Data } from '#protocols/dlt698'
import { dars, number } from './dlt698-values.ts'
import { FirmwareShelf } from './firmware.ts'

const done = 0
const TAKEN = 100
const CHECK_FAILED = 107
const PERCENT_MAX = 99
const NEVER = 255
const BY_MD5 = 1

interface Announced {
  readonly info: Dlt698Data
  readonly version: string
  readonly md5: string
}

/** Files that a terminal takes block by block (文件分块传输管理, F001). */
export class Dlt698Files {
  readonly shelf: FirmwareShelf
  #announced: Announced | null = null
  #ended: number | null = null

  constructor(version: string) {
    this.shelf = new FirmwareShelf(version, (file) => {
      const { md5, version: came } = this.#announced ?? { md5: '', version: '' }
      const found = createHash('md5').update(file).digest('hex').toUpperCase()
      return found === md5 ? came : null
    })
  }

  attribute(attribute: number): Dlt698Data | null {
    const { has } = this.shelf
    switch (attribute) {
      case 2:
        return this.#announced?.info ?? null
      case 3: {
        const share = Math.floor((100 * has.filter(Boolean).length) / Math.max(has.length, 1))
        const going = has.length === 0 ? NEVER : Math.min(share, PERCENT_MAX)
        return number('enum', this.#ended ?? going)
      }
      case 4: {
        const bytes = new Uint8Array((has.length + 7) >> 3)
        for (const [at, isHere] of has.entries()) {
          if (isHere) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (0x80 >> (at & 7))
        }
        return { type: 'bit-string', length: has.length, bytes }
      }
      default:
        return null
    }
  }

  call(omd: string, value: Dlt698Data, nowMs: number): number {
    switch (omd.slice(0, 6)) {
      case 'F00107':
        return this.#begin(value)
      case 'F00108':
        return this.#write(value, nowMs)
      default:
        return dars.undefinedObject
    }
  }

  #begin(value: Dlt698Data): number {
    const [info, block, check] = itemsOf(value)
    const [, , size, , version] = itemsOf(info)
    const [kind, sum] = itemsOf(check)
    if (size?.type !== 'double-long-unsigned' || block?.type !== 'long-unsigned') return dars.type
    if (kind?.type !== 'enum' || kind.value !== BY_MD5 || block.value === 0) return dars.range
    if (!info || sum?.type !== 'octet-string') return dars.type
    this.#announced = { info, version: textOf(version), md5: toHex(sum.bytes) }
    this.#ended = null
    this.shelf.begin(Math.ceil(size.value / block.value))
    return done
  }

  #write(value: Dlt698Data, nowMs: number): number {
    const [block, data] = itemsOf(value)
    if (block?.type !== 'long-unsigned' || data?.type !== 'octet-string') return dars.type
    if (block.value >= this.shelf.has.length) return dars.denied
    this.shelf.put(block.value, data.bytes)
    if (this.shelf.isWhole) this.#ended = this.shelf.take(nowMs) ? TAKEN : CHECK_FAILED
    return done
  }
}

function itemsOf(value: Dlt698Data | undefined): readonly Dlt698Data[] {
  return value?.type === 'structure' ? value.items : []
}

function textOf(value: Dlt698Data | undefined): string {
  return value?.type === 'visible-string' ? String.fromCharCode(...value.bytes) : ''
}
