import { dlt645 } from '#protocols/dlt645'
import { modbus } from '#protocols/modbus'
import type { Classifier } from './gate/index.ts'

/** Every protocol a frame may be of that another carries: the gate asks each of them. */
export const knownProtocols: readonly Classifier[] = [dlt645, modbus]
