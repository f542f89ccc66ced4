import { Type } from '@sinclair/typebox'

/** How long the database keeps what can be set (保留天数). */
export const keptDaysSchemas = {
  evidenceDays: Type.Integer({ minimum: 0, maximum: 366 }),
  clockDays: Type.Integer({ minimum: 30, maximum: 7_320 }),
  parameterDays: Type.Integer({ minimum: 30, maximum: 7_320 }),
  gateDays: Type.Integer({ minimum: 180, maximum: 7_320 }),
}

/** The same for people. */
export const keptDays = {
  evidenceDays: {
    default: 7,
    meaning: 'how long the frames behind readings are kept; 0 keeps none',
    allowed: 'a whole number of days from 0 to 366',
    kind: 'integer',
    group: 'server',
    flag: 'DAYS',
  },
  clockDays: {
    default: 400,
    meaning: 'how long what clocks showed and how they were set is kept',
    allowed: 'a whole number of days from 30 to 7320',
    kind: 'integer',
    group: 'server',
    flag: 'DAYS',
  },
  parameterDays: {
    default: 1_100,
    meaning: 'how long ended writes of settings are kept',
    allowed: 'a whole number of days from 30 to 7320',
    kind: 'integer',
    group: 'server',
    flag: 'DAYS',
  },
  gateDays: {
    default: 1_100,
    meaning: "how long the gate's journal of orders is kept; what goes leaves chained digests",
    allowed: 'a whole number of days from 180 to 7320',
    kind: 'integer',
    group: 'server',
    flag: 'DAYS',
  },
} as const
