export { createMessages } from './messages.ts'
export { createNotifier, type Notifier } from './notices.ts'
export { createPostOffice, type PostOffice } from './post-office.ts'
export {
  type EventWords,
  type MessageRule,
  occasions,
  type RuleRefusal,
  urgencies,
} from './rule-types.ts'
export { smsOverHttp } from './sms-http.ts'
export { type SmsSettings, smsSettings } from './sms-settings.ts'
export {
  type Locale,
  locales,
  type Message,
  type MessageId,
  type Messages,
  messageStates,
  type Provider,
} from './types.ts'
