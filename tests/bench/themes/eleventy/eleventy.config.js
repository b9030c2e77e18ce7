module.exports = (config) => {
  config.addGlobalData("tongues", ["fr", "en", "he", "it"])
  config.addPassthroughCopy("images")
  for (const code of ["fr", "en", "he", "it"]) {
    config.addCollection(code, (all) => all.getAll().filter((one) => one.data.lang === code && one.data.key))
  }
  return { dir: { output: "public" }, markdownTemplateEngine: false }
}
