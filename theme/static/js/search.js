/* Search: the words of all pages are one file, asked for at the first use, and looked through here.
   What is typed stays in the page: no address, no request and no storage holds it. */

const root = document.querySelector("[data-search]")
const [form, input, said, list] = ["form", "input", "[role=status]", "ol"].map((name) => root.querySelector(name))
const WEIGHT = [1, 3, 9] // of a word in the text, in a heading or the summary, in the title

/** The words of a text as the index has them: `fold` in topics.py. */
const fold = (text) =>
  text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("œ", "oe").replaceAll("æ", "ae")
    .match(/[\p{L}\p{N}]+/gu)?.filter((word) => word.length > 1) ?? []

/** A Hebrew word without the letters that stand for "the", "and", "in", "to", "from", "that", "as". */
const bare = (word) => word.replace(/^[הובלמשכ]{1,2}(?=[א-ת]{3})/u, "")

/** How near a word is to what was asked, from 0 to 1: itself, its beginning, another ending. */
function near(asked, word) {
  if (word.startsWith(asked)) return asked.length / word.length
  let same = 0
  while (same < asked.length && asked[same] === word[same]) same++
  return same > 3 && Math.max(asked.length, word.length) - same < 4 ? 0.4 : 0
}

/** The pages that have most of the words, the best first; rare words count more than common ones. */
function find({ pages, words }, asked) {
  const found = pages.map((page) => ({ page, terms: 0, score: 0 }))
  for (const term of asked) {
    const scores = new Map()
    for (const [word, places] of Object.entries(words)) {
      const nearness = Math.max(near(term, word), near(bare(term), bare(word)) / 2)
      if (nearness)
        for (const place of places)
          scores.set(place >> 2, Math.max(scores.get(place >> 2) ?? 0, nearness * WEIGHT[place & 3]))
    }
    for (const [number, score] of scores) {
      found[number].terms += 1
      found[number].score += score / scores.size
    }
  }
  const most = Math.max(1, ...found.map(({ terms }) => terms))
  return found.filter(({ terms }) => terms === most).sort((one, other) => other.score - one.score)
}

function item([address, title, summary]) {
  const one = document.createElement("li")
  const link = one.appendChild(document.createElement("a"))
  Object.assign(link, { href: address, textContent: title })
  one.appendChild(document.createElement("p")).textContent = summary
  return one
}

let index
const fetched = async () => {
  const { index: address, integrity } = root.dataset
  const answer = await fetch(address, { integrity, signal: AbortSignal.timeout?.(25000) })
  return answer.json()
}

form.onsubmit = async (event) => {
  event.preventDefault()
  said.textContent = "" // the same number is said again, too
  try {
    index ??= await fetched()
  } catch {
    said.textContent = root.dataset.down
    return
  }
  const found = find(index, fold(input.value))
  list.replaceChildren(...found.slice(0, 20).map(({ page }) => item(page)))
  said.textContent = found.length ? root.dataset.found.replace("{number}", found.length) : root.dataset.none
}

root.hidden = false
