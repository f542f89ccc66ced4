export { durableFolder } from './durability.ts'
export { backendScanner, errorMessage, frontendFramer, message, readyMessage } from './frames.ts'
export { type FolderLock, lockFolder } from './lock.ts'
export { type Embedded, type EmbeddedSettings, lockHolder, openEmbedded } from './open.ts'
