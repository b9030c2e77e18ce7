/* The work asked for a ticket, done while the patient types (ALTCHA, PBKDF2). Knows no form. */

const fromHex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16))
const toHex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** Find the counter whose derived key begins as the challenge says; gives back the proof. */
export async function solve(challenge) {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters
  const password = new Uint8Array(20)
  password.set(fromHex(nonce))
  for (let counter = 0; ; counter++) {
    new DataView(password.buffer).setUint32(16, counter)
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"])
    const work = { name: "PBKDF2", hash: "SHA-256", salt: fromHex(salt), iterations: cost }
    const derivedKey = toHex(new Uint8Array(await crypto.subtle.deriveBits(work, key, keyLength * 8)))
    if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }))
  }
}
