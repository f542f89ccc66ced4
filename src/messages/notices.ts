import {
  type CivilTime,
  type Clock,
  fail,
  instant,
  milliseconds,
  minutes,
  ok,
  parseInstant,
  type Result,
  seconds,
  sleep,
} from '#src/core'
import type { Database } from '#src/db'
import {
  deleteRule,
  selectNotices,
  selectPolicy,
  selectRules,
  selectTemplates,
  updatePolicy,
  upsertRule,
  upsertTemplate,
} from './rule-queries.ts'
import {
  type Also,
  type EventWords,
  type MessageRule,
  type Notice,
  type RuleBook,
  type RuleRefusal,
  type Template,
  urgencies,
} from './rule-types.ts'
import { rendered } from './rules.ts'
import { type Locale, locales, type MessagePolicy, type Messages } from './types.ts'

const LOOK_EVERY = seconds(10)
const AT_ONCE = 200
/** Who is asked for by a rule of the product itself. */
const BY_RULE = 'rule'

export interface NotifierOptions {
  readonly db: Database
  readonly clock: Clock
  readonly civil: CivilTime
  readonly messages: Pick<Messages, 'post'>
  /** The catalogue of what devices tell. */
  readonly events: readonly EventWords[]
  readonly report: (event: { readonly event: string; readonly error?: unknown }) => void
}

/** Rules, words and hours of messages, and what posts by them. */
export interface Notifier extends RuleBook {
  put(rule: MessageRule, also?: Also): Promise<Result<void, RuleRefusal>>
  drop(name: string, also?: Also): Promise<boolean>
  putTemplate(template: Template, also?: Also): Promise<Result<void, RuleRefusal>>
  setPolicy(policy: MessagePolicy, also?: Also): Promise<void>
  /** Posts what rules want told now; each once, whoever dies when. Returns how many. */
  round(): Promise<number>
  start(): void
  stop(): Promise<void>
}

const words = {
  severity: {
    zh: { low: '低', medium: '中', high: '高', critical: '紧急' },
    en: { low: 'low', medium: 'medium', high: 'high', critical: 'critical' },
  },
} as const

/** What the facts of each occasion are called in templates. */
const namesOf: Readonly<Record<Notice['occasion'], readonly string[]>> = {
  'case.opened': ['case', 'kind', 'severity', 'subject', 'due', 'at'],
  'case.assigned': ['case', 'kind', 'severity', 'subject', 'due', 'at'],
  'order.assigned': ['order', 'kind', 'reason', 'at'],
  'order.hanging': ['order', 'step', 'minutes', 'subject', 'at'],
  'firmware.stopped': ['campaign', 'done', 'failed', 'at'],
  'device.event': ['device', 'event', 'code', 'at'],
}

export function createNotifier(options: NotifierOptions): Notifier {
  const { db, clock, civil, messages, events, report } = options
  const eventOf = new Map(events.map((one) => [one.code, one]))
  const stopping = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const nothing: Also = async () => {}

  const wall = (at: ReturnType<Clock['now']>) => civil.iso(at).slice(0, 16).replace('T', ' ')

  /** The facts of an occasion as words of a person's language. */
  function parametersOf({ facts, at, locale }: Notice): Readonly<Record<string, string>> {
    const text = (name: string) => String(facts[name] ?? '')
    const due = parseInstant(text('due'))
    const severity = urgencies[Number(facts.severity) - 1]
    const event = eventOf.get(text('code'))
    const since = Number(facts.since)
    return {
      ...Object.fromEntries(Object.keys(facts).map((name) => [name, text(name)])),
      // When it was, where that is not when it came to be known.
      at: wall(parseInstant(text('at')) ?? at),
      ...(due !== undefined && { due: wall(due) }),
      ...(severity !== undefined && { severity: words.severity[locale][severity] }),
      ...(event !== undefined && { event: event[locale] }),
      ...(facts.since != null && { minutes: String(Math.floor((at - since) / minutes(1))) }),
    }
  }

  function post(notice: Notice): Promise<boolean> {
    const { rule, key, locale, recipient, reference } = notice
    const { name, template, urgent, quiet, validMinutes } = rule
    return messages
      .post({
        ...{ key, template, locale, recipient, reference, urgent },
        channel: 'sms',
        parameters: parametersOf(notice),
        requestedBy: `${BY_RULE}/${name}`,
        validFor: milliseconds(
          Math.max(seconds(1), instant(notice.at + minutes(validMinutes)) - clock.now()),
        ),
        byRule: { rule: name, quiet },
      })
      .then((posted) => {
        if (!posted.ok) report({ event: 'messages.notice-refused', error: posted.error })
        return posted.ok
      })
  }

  async function round(): Promise<number> {
    const notices = await selectNotices(db, events, clock.now(), AT_ONCE)
    let posted = 0
    for (const notice of notices) if (await post(notice)) posted++
    return posted
  }

  async function wrongIn(rule: MessageRule): Promise<RuleRefusal | null> {
    if (!rule.toAssignee && rule.toRole === null) {
      return { kind: 'nobody', message: 'a rule tells the assignee, a role, or both' }
    }
    const templates = (await selectTemplates(db)).filter(({ code }) => code === rule.template)
    const missing = locales.find((locale) => !templates.some((one) => one.locale === locale))
    if (missing !== undefined) {
      return { kind: 'no-template', message: `there is no ${rule.template} in ${missing}` }
    }
    return unknownIn(templates, rule)
  }

  async function run(): Promise<void> {
    const { signal } = stopping
    while (!signal.aborted) {
      const posted = await round().catch((error: unknown) => {
        // The database may be away: what was not posted is found again by the next look.
        report({ event: 'messages.notices-failed', error })
        return 0
      })
      if (posted < AT_ONCE) await sleep(clock, LOOK_EVERY, signal)
    }
  }

  return {
    rules: () => selectRules(db),
    templates: () => selectTemplates(db),
    policy: () => selectPolicy(db),
    async put(rule, also = nothing) {
      const wrong = await wrongIn(rule)
      if (wrong !== null) return fail(wrong)
      await db.transaction(async (tx) => {
        await upsertRule(tx, rule, clock.now())
        await also(tx)
      })
      return ok(undefined)
    },
    drop: (name, also = nothing) =>
      db.transaction(async (tx) => {
        const isGone = await deleteRule(tx, name)
        if (isGone) await also(tx)
        return isGone
      }),
    async putTemplate(template, also = nothing) {
      const users = (await selectRules(db)).filter((rule) => rule.template === template.code)
      for (const rule of users) {
        const wrong = unknownIn([template], rule)
        if (wrong !== null) return fail(wrong)
      }
      await db.transaction(async (tx) => {
        await upsertTemplate(tx, template)
        await also(tx)
      })
      return ok(undefined)
    },
    setPolicy: (policy, also = nothing) =>
      db.transaction(async (tx) => {
        await updatePolicy(tx, policy)
        await also(tx)
      }),
    round,
    start() {
      running = run()
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** A template with a word that its occasion does not have would never leave. */
function unknownIn(
  templates: readonly { readonly locale: Locale; readonly body: string }[],
  { occasion }: Pick<MessageRule, 'occasion'>,
): RuleRefusal | null {
  const known = Object.fromEntries(namesOf[occasion].map((name) => [name, name]))
  for (const { body } of templates) {
    const { missing } = rendered(body, known)
    if (missing === null) continue
    const message = `${occasion} has no {${missing}}, only ${namesOf[occasion].join(', ')}`
    return { kind: 'unknown-parameter', message }
  }
  return null
}
