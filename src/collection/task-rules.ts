import type { NewMeterGroup, NewTask, TaskMistake } from './task-types.ts'

const DAY_SECONDS = 86_400

/** Everything that is wrong with a task, by field. */
export function taskMistakes(task: NewTask): readonly TaskMistake[] {
  const { cycleSeconds, offsetSeconds, windowSeconds, validFrom, validTo } = task
  const { catchUpSeconds, catchUpItems, catchUpSlots, items } = task
  return [
    wrong('name', task.name.trim() === '', 'has to be given'),
    wrong('items', items.length < 1 || items.length > 200, 'has to name 1 to 200 items'),
    wrong(
      'items',
      items.some((item) => item.trim() === ''),
      'names an empty item',
    ),
    wrong('cycleSeconds', !isWithin(cycleSeconds, 1, 31 * DAY_SECONDS), 'has to be 1 to 2678400'),
    wrong('offsetSeconds', !isWithin(offsetSeconds, 0, DAY_SECONDS - 1), 'has to be 0 to 86399'),
    wrong(
      'offsetSeconds',
      cycleSeconds < DAY_SECONDS && offsetSeconds >= cycleSeconds,
      'has to be less than the cycle: a later offset names another slot',
    ),
    wrong('priority', !isWithin(task.priority, 0, 1_000), 'has to be 0 to 1000'),
    wrong(
      'windowSeconds',
      windowSeconds !== null && !isWithin(windowSeconds, 1, 62 * DAY_SECONDS),
      'has to be 1 to 5356800',
    ),
    wrong(
      'validTo',
      validFrom !== null && validTo !== null && validTo <= validFrom,
      'has to be after validFrom: it is the first day on which the task does not hold',
    ),
    wrong(
      'catchUpSeconds',
      !isWithin(catchUpSeconds, 0, 62 * DAY_SECONDS),
      'has to be 0 to 5356800',
    ),
    wrong(
      'catchUpItems',
      catchUpSeconds > 0 !== catchUpItems.length > 0,
      'has to be given together with catchUpSeconds: they say how the past is asked for',
    ),
    wrong('catchUpSlots', !isWithin(catchUpSlots, 1, 96), 'has to be 1 to 96'),
  ].flat()
}

export function groupMistakes(group: NewMeterGroup): readonly TaskMistake[] {
  const { filter, meterIds } = group
  const values = Object.entries(filter ?? {})
  return [
    wrong('name', group.name.trim() === '', 'has to be given'),
    wrong('meters', filter === null && meterIds.length === 0, 'or a filter has to be given'),
    ...values.map(([field, allowed]) =>
      wrong(`filter.${field}`, allowed.length === 0, 'has to name at least one value'),
    ),
  ].flat()
}

const wrong = (field: string, isWrong: boolean, message: string): readonly TaskMistake[] =>
  isWrong ? [{ field, message }] : []

const isWithin = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most
