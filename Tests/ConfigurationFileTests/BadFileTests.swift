import Testing

/// Files that a configuration names.
@Suite("bad configurations: files")
struct BadFileTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "a tag file that is not there",
      network + """
        serviceTags: { file: nowhere.json }
        """,
      """
      6: serviceTags.file: nowhere.json: cannot be read: No such file or directory
      """),
    Bad(
      "a word for a tag file",
      network + """
        serviceTags: tags.json
        """,
      """
      6: serviceTags: `tags.json` is not `builtin`; for a file write `{file: tags.json}`
      """),
    Bad(
      "a service file without its path",
      network + """
        services: { }
        """,
      """
      6: services.file: is missing; it must be the path of a JSON file
      """),
    Bad(
      "an Azure file that is not there",
      network + """
        azure: [nowhere.json]
        """,
      """
      6: azure[0]: nowhere.json does not exist
      """),
    Bad(
      "Bicep",
      network + """
        azure: [hub.bicep]
        """,
      """
      6: azure[0]: hub.bicep is Bicep; `az bicep build --file` makes the JSON that is read here
      """),
  ]
}
