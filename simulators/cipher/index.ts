export { Esam, type EsamAnswer } from './esam.ts'
export { fakeCipherMachine } from './fake-machine.ts'
