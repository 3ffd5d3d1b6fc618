import Testing

/// What is not YAML, or not the YAML of a configuration.
@Suite("bad configurations: syntax")
struct BadSyntaxTests {
  @Test("each mistake has its place and its message", arguments: cases)
  func message(_ bad: Bad) { bad.check() }

  static let cases = [
    Bad(
      "a file without content",
      """
      # nothing
      """,
      """
      is empty; a configuration needs at least `virtualNetworks`
      """),
    Bad(
      "a list instead of a mapping",
      """
      - a
      - b
      """,
      """
      1: must be a mapping such as `virtualNetworks: [...]`, not a list
      """),
    Bad(
      "a tab in the indentation",
      """
      virtualNetworks:
      \t- name: v
      """,
      """
      2: is not YAML: found character that cannot start any token (while scanning for the next token, line 2); the line is indented with a tab: use spaces
      """),
    Bad(
      "a bracket left open",
      network + """
        routeTables: [
        """,
      """
      7: is not YAML: did not find expected node content (while parsing a flow node, line 7)
      """),
    Bad(
      "a quote left open",
      network + """
        name: "lab
        """,
      """
      6: is not YAML: found unexpected end of stream (while scanning a quoted scalar, line 6)
      """),
    Bad(
      "an undefined alias",
      network + """
        routeTables: *tables
        """,
      """
      6: is not YAML: no anchor (`&name`) of this alias stands before it
      """),
    Bad(
      "two documents",
      network + """
        ---
        name: b
        """,
      """
      6: is not YAML: a second document begins here; one file is one configuration
      """),
    Bad(
      "a control character",
      """
      name: a\u{7}b
      """,
      """
      1: is not YAML: control characters are not allowed
      """),
    Bad(
      "a repeated key",
      """
      name: a
      name: b
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      2: `name` stands already in line 1 of the same mapping; remove one
      """),
    Bad(
      "repeated keys at several places",
      """
      name: a
      'name': b
      virtualNetworks:
        - name: v
          location: westeurope
          location: northeurope
          location: eastus
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      2: `name` stands already in line 1 of the same mapping; remove one
      6: `location` stands already in line 5 of the same mapping; remove one
      7: `location` stands already in line 5 of the same mapping; remove one
      """),
    Bad(
      "a merge of a word",
      """
      x-base: &b word
      virtualNetworks:
        - name: v
          <<: *b
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      4: `<<` must name a mapping, or a list of mappings, not a single value
      """),
    Bad(
      "an alias as a key",
      """
      x-a: &a [1]
      ? *a
      : 1
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      2: an alias or a `?` key cannot be a key here; write the key out
      """),
    Bad(
      "a list as a key",
      """
      [a]: 1
      virtualNetworks:
        - name: v
          location: westeurope
          addressSpace: [10.0.0.0/16]
          subnets: [{ name: a, addressPrefix: 10.0.1.0/24 }]
      """,
      """
      1: a key must be a single word, not a list or a mapping
      """),
  ]
}
