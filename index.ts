/** The public module for task types: `import { defineTask } from 'carillon'`. */
export * from './core/define.ts'
