import { type Static, Type } from '@sinclair/typebox'
import type { RouteOptions } from 'fastify'
import { fail, ok } from '#src/core'
import { locales, type MessageRule, occasions, type RuleRefusal, urgencies } from '#src/messages'
import { BUSINESS, DISPATCHING } from '../access.ts'
import type { DefineRoute } from '../route.ts'
import { closed, oneOf, orNull, pageOf, RoleName } from '../schemas.ts'
import type { ApiServices } from '../services.ts'

const tag = 'Messages'
const Hour = Type.Integer({ minimum: 0, maximum: 23 })
const HourMax = Type.Integer({ minimum: 1, maximum: 1_000 })
const Quiet = closed({ fromHour: Hour, toHour: Hour })
const Name = Type.String({ pattern: '^[a-z][a-z0-9-]{0,39}$' })
const Topic = Type.String({ minLength: 1, maxLength: 64 })
const Topics = Type.Array(Topic, { minItems: 1, maxItems: 100 })
const Code = Type.String({ pattern: '^[a-z][a-z0-9.-]{0,63}$' })
const Minutes = Type.Integer({ minimum: 5, maximum: 10_080 })

const Rule = closed({
  name: Name,
  occasion: oneOf(occasions),
  minSeverity: oneOf(urgencies),
  topics: orNull(Topics),
  toAssignee: Type.Boolean(),
  toRole: orNull(RoleName),
  template: Code,
  urgent: Type.Boolean(),
  quiet: orNull(Quiet),
  personHourMax: orNull(HourMax),
  validMinutes: Minutes,
  enabled: Type.Boolean(),
})
const RuleBody = closed({
  occasion: oneOf(occasions),
  minSeverity: Type.Optional(oneOf(urgencies)),
  topics: Type.Optional(orNull(Topics)),
  toAssignee: Type.Optional(Type.Boolean()),
  toRole: Type.Optional(orNull(RoleName)),
  template: Code,
  urgent: Type.Optional(Type.Boolean()),
  quiet: Type.Optional(orNull(Quiet)),
  personHourMax: Type.Optional(orNull(HourMax)),
  validMinutes: Type.Optional(Minutes),
  enabled: Type.Optional(Type.Boolean()),
})
const Policy = closed({ quietFromHour: Hour, quietToHour: Hour, personHourMax: HourMax })
const Template = closed({ code: Code, locale: oneOf(locales), body: Type.String() })

const DAY_MINUTES = 1_440

/** Who is told what, when and how often (消息规则). */
export function messageRuleRoutes(define: DefineRoute, services: ApiServices): RouteOptions[] {
  const { messageRules } = services
  const refused = ({ message }: RuleRefusal, target: string) =>
    fail({ code: 'invalid-parameters', detail: message, audit: { target } } as const)
  return [
    define({
      method: 'GET',
      url: '/api/v1/message-rules',
      access: BUSINESS,
      tag,
      summary: 'Who is told what: by role, or whoever the work was given to',
      answers: pageOf(Rule),
      async handle() {
        const items = (await messageRules.rules()).map(ruleView)
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/message-rules/:name',
      access: DISPATCHING,
      tag,
      summary: 'Make a rule, or change one; it tells of what happens from now on',
      params: closed({ name: Name }),
      body: RuleBody,
      answers: Rule,
      errors: ['invalid-parameters'],
      audit: 'message-rule.put',
      async handle({ params: { name }, body, note }) {
        const rule: MessageRule = {
          ...{ minSeverity: 'low', topics: null, toAssignee: false, toRole: null, urgent: false },
          ...{ quiet: null, personHourMax: null, validMinutes: DAY_MINUTES, enabled: true },
          ...body,
          name,
        }
        const target = `message-rule/${name}`
        const put = await messageRules.put(rule, (tx) => note(tx, { target, detail: { ...rule } }))
        return put.ok ? ok({ body: ruleView(rule) }) : refused(put.error, target)
      },
    }),
    define({
      method: 'DELETE',
      url: '/api/v1/message-rules/:name',
      access: DISPATCHING,
      tag,
      summary: 'Drop a rule; what it has posted leaves all the same',
      params: closed({ name: Name }),
      status: 204,
      answers: Type.Null(),
      errors: ['not-found'],
      audit: 'message-rule.drop',
      async handle({ params: { name }, note }) {
        const target = `message-rule/${name}`
        const isGone = await messageRules.drop(name, (tx) => note(tx, { target }))
        return isGone ? ok({ body: null }) : fail({ code: 'not-found', audit: { target } })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/message-policy',
      access: BUSINESS,
      tag,
      summary: 'Quiet hours and limits, where no rule says otherwise',
      answers: Policy,
      async handle() {
        const { quiet, personHourMax } = await messageRules.policy()
        const { fromHour, toHour } = quiet
        return ok({
          body: { quietFromHour: fromHour, quietToHour: toHour, personHourMax },
        })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/message-policy',
      access: DISPATCHING,
      tag,
      summary: 'Set quiet hours and limits; equal hours are none',
      body: Policy,
      answers: Policy,
      audit: 'message-policy.set',
      async handle({ body, note }) {
        const { quietFromHour, quietToHour, personHourMax } = body
        const quiet = { fromHour: quietFromHour, toHour: quietToHour }
        await messageRules.setPolicy({ quiet, personHourMax }, (tx) =>
          note(tx, { target: 'message-policy', detail: { ...body } }),
        )
        return ok({ body })
      },
    }),
    define({
      method: 'GET',
      url: '/api/v1/message-templates',
      access: BUSINESS,
      tag,
      summary: 'The words of messages, in each language',
      answers: pageOf(Template),
      async handle() {
        const items = (await messageRules.templates()).map((one) => ({ ...one }))
        return ok({ body: { items, next: null } })
      },
    }),
    define({
      method: 'PUT',
      url: '/api/v1/message-templates/:code/:locale',
      access: DISPATCHING,
      tag,
      summary: 'Write the words of a message; names in braces are filled in',
      params: closed({ code: Code, locale: oneOf(locales) }),
      body: closed({ body: Type.String({ minLength: 1, maxLength: 1_000 }) }),
      answers: Template,
      errors: ['invalid-parameters'],
      audit: 'message-template.put',
      async handle({ params: { code, locale }, body: { body }, note }) {
        const target = `message-template/${code}/${locale}`
        const put = await messageRules.putTemplate({ code, locale, body }, (tx) =>
          note(tx, { target, detail: { body } }),
        )
        return put.ok ? ok({ body: { code, locale, body } }) : refused(put.error, target)
      },
    }),
  ]
}

function ruleView({ topics, quiet, ...rule }: MessageRule): Static<typeof Rule> {
  return {
    ...rule,
    topics: topics === null ? null : [...topics],
    quiet: quiet === null ? null : { ...quiet },
  }
}
