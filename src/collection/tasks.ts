import { assert, fail, ok, type Result } from '#src/core'
import type { Database, Db } from '#src/db'
import { moveRevision } from '#src/registry'
import {
  deleteGroup,
  groupNamed,
  insertGroup,
  insertTask,
  isTaskNameTaken,
  listMeters,
  selectGroups,
  selectTasks,
  tasksOfGroup,
  updateGroup,
  updateTask,
} from './task-queries.ts'
import { groupMistakes, taskMistakes } from './task-rules.ts'
import type {
  AlsoChanged,
  MeterGroup,
  MeterGroupId,
  NewMeterGroup,
  NewTask,
  Task,
  TaskMistake,
  TaskProblem,
  Tasks,
} from './task-types.ts'

/** An answer of a transaction that is not to be committed. */
class Refused extends Error {
  readonly problem: TaskProblem

  constructor(problem: TaskProblem) {
    super(problem.kind)
    this.problem = problem
  }
}

export function createTasks(db: Database): Tasks {
  /** Commits what was changed, its audit record and the sign for running engines together. */
  async function changing<T>(work: (tx: Db) => Promise<T>): Promise<Result<T, TaskProblem>> {
    try {
      return ok(
        await db.transaction(async (tx) => {
          const done = await work(tx)
          await moveRevision(tx)
          return done
        }),
      )
    } catch (error) {
      if (error instanceof Refused) return fail(error.problem)
      throw error
    }
  }
  return {
    list: () => selectTasks(db, null),
    get: async (id) => (await selectTasks(db, id))[0],
    create: (task, also) =>
      changing(async (tx) => {
        const groupId = await judged(tx, task)
        const id = await insertTask(tx, task, groupId)
        if (id === undefined) throw new Refused({ kind: 'name-taken' })
        await also(tx, id)
        return theOne<Task>(await selectTasks(tx, id))
      }),
    change: (id, change, also) =>
      changing(async (tx) => {
        const [known] = await selectTasks(tx, id)
        if (known === undefined) throw new Refused({ kind: 'not-found' })
        const task: NewTask = { ...known, ...change }
        const groupId = await judged(tx, task)
        if (await isTaskNameTaken(tx, task.name, id)) throw new Refused({ kind: 'name-taken' })
        await updateTask(tx, id, task, groupId)
        await also(tx, id)
        return theOne<Task>(await selectTasks(tx, id))
      }),
    groups: () => selectGroups(db, null),
    group: async (id) => (await selectGroups(db, id))[0],
    createGroup: (group, also) =>
      changing(async (tx) => {
        refuse(groupMistakes(group))
        const id = await insertGroup(tx, group)
        if (id === undefined) throw new Refused({ kind: 'name-taken' })
        return await filled(tx, id, group, also)
      }),
    changeGroup: (id, change, also) =>
      changing(async (tx) => {
        const [known] = await selectGroups(tx, id)
        if (known === undefined) throw new Refused({ kind: 'not-found' })
        const group: NewMeterGroup = { ...known, ...change }
        refuse(groupMistakes(group))
        const named = await groupNamed(tx, group.name)
        if (named !== undefined && named !== id) throw new Refused({ kind: 'name-taken' })
        await updateGroup(tx, id, group)
        return await filled(tx, id, group, also)
      }),
    removeGroup: (id, also) =>
      changing(async (tx) => {
        const [known] = await selectGroups(tx, id)
        if (known === undefined) throw new Refused({ kind: 'not-found' })
        const tasks = await tasksOfGroup(tx, id)
        if (tasks.length > 0) throw new Refused({ kind: 'in-use', tasks })
        await deleteGroup(tx, id)
        await also(tx, id)
        return null
      }),
  }
}

/** The id of its group, once nothing is wrong with it. */
async function judged(tx: Db, task: NewTask): Promise<MeterGroupId | null> {
  refuse(taskMistakes(task))
  if (task.group === null) return null
  const id = await groupNamed(tx, task.group)
  if (id !== undefined) return id
  const message = `names no group: there is no ${JSON.stringify(task.group)}`
  throw new Refused({ kind: 'invalid', mistakes: [{ field: 'group', message }] })
}

async function filled(
  tx: Db,
  id: MeterGroupId,
  group: NewMeterGroup,
  also: AlsoChanged,
): Promise<MeterGroup> {
  const unknown = await listMeters(tx, id, group.meterIds)
  refuse(unknown.map((meter) => ({ field: 'meters', message: `names no meter: ${meter}` })))
  await also(tx, id)
  return theOne(await selectGroups(tx, id))
}

function refuse(mistakes: readonly TaskMistake[]): void {
  if (mistakes.length > 0) throw new Refused({ kind: 'invalid', mistakes })
}

function theOne<T>([found]: readonly T[]): T {
  assert(found !== undefined, 'what was just written is there')
  return found
}
