/* Run inside a page, by tests alone: the page's own sealing with a given ephemeral key, and its
   counterpart, which the page itself has no need of. Built on what envelope.js exports. */

const { AES_256_GCM, fromText, schedule, seal, sealTo, toText } = await import("/theme/js/envelope.js")
const P256 = { name: "ECDH", namedCurve: "P-256" }
const POINT = 65

export { seal }

export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
export const toHex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** A private key from its scalar and its point, both in hexadecimal. */
export function privateKey(scalar, point) {
  const [x, y] = [point.slice(2, 66), point.slice(66)].map((half) => toText(fromHex(half)))
  const key = { kty: "EC", crv: "P-256", x, y, d: toText(fromHex(scalar)) }
  return crypto.subtle.importKey("jwk", key, P256, true, ["deriveBits"])
}

export const publicKey = (point) => crypto.subtle.importKey("raw", fromHex(point), P256, true, [])

/** What envelope.js makes of a vector's plaintext with the vector's ephemeral key. */
export async function sealVector({ aead, info, aad, plaintext, skEm, pkEm, pkRm }) {
  const ephemeral = { privateKey: await privateKey(skEm, pkEm), publicKey: await publicKey(pkEm) }
  const told = { aead, aad: fromHex(aad), ephemeral }
  return toHex(await sealTo(fromHex(pkRm), fromHex(plaintext), fromHex(info), told))
}

/** Open one sealing with the recipient's private key; throws where it was sealed to another. */
export async function open(sealing, scalar, point, info, { aead = AES_256_GCM, aad = "" } = {}) {
  const data = typeof sealing === "string" ? fromHex(sealing) : sealing
  const [enc, sealed] = [data.slice(0, POINT), data.slice(POINT)]
  const them = { name: "ECDH", public: await publicKey(toHex(enc)) }
  const shared = new Uint8Array(await crypto.subtle.deriveBits(them, await privateKey(scalar, point), 256))
  const { key, iv } = await schedule(shared, enc, fromHex(point), fromHex(info), aead)
  const how = { name: "AES-GCM", iv, additionalData: fromHex(aad) }
  return toHex(new Uint8Array(await crypto.subtle.decrypt(how, key, sealed)))
}

/** Open the sealing at a place of a whole envelope in base64url. */
export function openEnvelope(envelope, place, scalar, point, info, room) {
  const size = POINT + room + 16
  const start = 1 + place * size
  return open(fromText(envelope).slice(start, start + size), scalar, point, info)
}
