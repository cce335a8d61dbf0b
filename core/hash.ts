/**
 * A 32-bit FNV-1a hash of a text. It is the same on every machine, so jitter and shards are reproducible.
 * Not for secrets. Source: RFC 9923, offset basis 2166136261, prime 16777619.
 */
export const hash32 = (text: string): number => {
  let hash = 2_166_136_261
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619)
  // The finaliser of MurmurHash3: with FNV alone, similar texts such as "a1" and "a2" have close hashes.
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85eb_ca6b)
  hash ^= hash >>> 13
  return hash >>> 0
}

/** A fraction in [0, 1) that depends only on the text. */
export const fraction = (text: string): number => hash32(text) / 4_294_967_296

/** A digest of 16 hex digits, for a name that must be short. Collisions are improbable, not impossible; not for secrets. */
export const digestOf = (text: string): string =>
  // A prefix makes the second half independent of the first; a suffix would not.
  [text, `/${text}`].map((it) => hash32(it).toString(16).padStart(8, '0')).join('')
