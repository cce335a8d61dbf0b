/** JSON, as it comes from and goes to wires. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json | undefined }
