/**
 * A 32-bit FNV-1a hash of a text: the same on every machine, so what hangs on it (jitter, shards) replays.
 * Not for secrets. Source: RFC 9923, offset basis 2166136261, prime 16777619.
 */
export const hash32 = (text: string): number => {
  let hash = 2_166_136_261
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619)
  // A last stir (MurmurHash3's finaliser): FNV alone leaves neighbours such as "a1" and "a2" close together.
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85eb_ca6b)
  hash ^= hash >>> 13
  return hash >>> 0
}

/** A fraction in [0, 1) that depends on nothing but the text. */
export const fraction = (text: string): number => hash32(text) / 4_294_967_296

/** Sixteen hex digits that stand for a text where it could not stand itself. Few enough texts never share them; not for secrets. */
export const digestOf = (text: string): string =>
  // Another beginning makes the second half independent of the first; another end would not.
  [text, `/${text}`].map((it) => hash32(it).toString(16).padStart(8, '0')).join('')
