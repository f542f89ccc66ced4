export { Presence } from './presence.ts'
export { TerminalChannel } from './terminal-channel.ts'
export { loginRecogniser, type TerminalProtocol, Terminals } from './terminals.ts'
export { WaitingEvents } from './waiting-events.ts'
