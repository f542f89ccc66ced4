export { chooseRegisterMap, type MapChoice, type MapFault, modbusProfiles } from './choose.ts'
export { type FileFault, lintRegisterMap, type RegisterMap } from './file.ts'
export {
  loadRegisterMaps,
  type RefusedMap,
  type RegisterMaps,
  registerMapFolder,
} from './folder.ts'
