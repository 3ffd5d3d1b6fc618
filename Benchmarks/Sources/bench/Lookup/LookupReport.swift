/// All that one run of `bench lookup` has found out.
struct LookupReport: Encodable {
  var machine: Machine
  var settings: LookupSettings
  /// Sentences about what was not measured.
  var remarks: [String] = []
  var families: [FamilyFigures] = []
}
