import type { ProtocolName, TaskClass } from '#protocols/model'
import type { BusinessDate, Id, MeterId, Result } from '#src/core'
import type { Db } from '#src/db'
import type { PlanId } from './types.ts'

export type MeterGroupId = Id<'meter_group'>

/** What is read of whom and when (采集任务): a template that slots are made from. */
export interface NewTask {
  readonly name: string
  readonly nameZh: string
  readonly protocol: ProtocolName
  readonly dataClass: TaskClass
  readonly items: readonly string[]
  readonly cycleSeconds: number
  readonly offsetSeconds: number
  /** Lower goes first. */
  readonly priority: number
  readonly enabled: boolean
  /** By name; null: every meter of the protocol. */
  readonly group: string | null
  /** How long after the slot's start a value is in time; null: by the data class. */
  readonly windowSeconds: number | null
  readonly validFrom: BusinessDate | null
  /** The first day on which it does not hold any more. */
  readonly validTo: BusinessDate | null
  readonly catchUpSeconds: number
  readonly catchUpItems: readonly string[]
  readonly catchUpSlots: number
}

export interface Task extends NewTask {
  readonly id: PlanId
  /** What the window comes to. */
  readonly timelySeconds: number
  /** How many meters it is for now. */
  readonly meters: number
}

export const groupAttributes = [
  'protocol',
  'profile',
  'model',
  'channelKind',
  'concentrator',
  'transformer',
  'addressPrefix',
] as const

/** Each attribute with the values it may have; a meter must fit all of them. */
export type GroupFilter = Readonly<
  Partial<Record<(typeof groupAttributes)[number], readonly string[]>>
>

/** Meters that are read alike (采集对象组). */
export interface NewMeterGroup {
  readonly name: string
  /** Null: only those listed. */
  readonly filter: GroupFilter | null
  readonly meterIds: readonly MeterId[]
}

export interface MeterGroup extends NewMeterGroup {
  readonly id: MeterGroupId
  /** How many meters are in it now. */
  readonly meters: number
}

/** A field that cannot be as it is, and why. */
export interface TaskMistake {
  readonly field: string
  readonly message: string
}

export type TaskProblem =
  | { readonly kind: 'not-found' }
  | { readonly kind: 'name-taken' }
  | { readonly kind: 'in-use'; readonly tasks: readonly string[] }
  | { readonly kind: 'invalid'; readonly mistakes: readonly TaskMistake[] }

/** Done in the transaction of a change: its audit record. */
export type AlsoChanged = (tx: Db, id: number) => Promise<void>

/** Task templates and the groups of meters they are for; running engines notice every change. */
export interface Tasks {
  list(): Promise<readonly Task[]>
  get(id: PlanId): Promise<Task | undefined>
  create(task: NewTask, also: AlsoChanged): Promise<Result<Task, TaskProblem>>
  change(
    id: PlanId,
    change: Partial<NewTask>,
    also: AlsoChanged,
  ): Promise<Result<Task, TaskProblem>>
  groups(): Promise<readonly MeterGroup[]>
  group(id: MeterGroupId): Promise<MeterGroup | undefined>
  createGroup(group: NewMeterGroup, also: AlsoChanged): Promise<Result<MeterGroup, TaskProblem>>
  changeGroup(
    id: MeterGroupId,
    change: Partial<NewMeterGroup>,
    also: AlsoChanged,
  ): Promise<Result<MeterGroup, TaskProblem>>
  /** Refused while a task is for it. */
  removeGroup(id: MeterGroupId, also: AlsoChanged): Promise<Result<null, TaskProblem>>
}
