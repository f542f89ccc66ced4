import { dlt645, dlt645v1997 } from '#protocols/dlt645'
import { dlt698 } from '#protocols/dlt698'
import { gdw376 } from '#protocols/gdw376'
import { modbus } from '#protocols/modbus'
import { dlms } from './ciphered-dlms.ts'
import type { Classifier } from './gate/index.ts'

/** Every protocol a frame may be of that another carries: the gate asks each of them. */
export const knownProtocols: readonly Classifier[] = [
  dlt645,
  dlt645v1997,
  dlt698,
  gdw376,
  dlms,
  modbus,
]
