/** What a module of task types imports: `import { defineTask } from 'carillon'`. */
export * from './core/define.ts'
