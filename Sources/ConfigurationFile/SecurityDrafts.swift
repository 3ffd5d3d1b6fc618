import Model
import Wire

/// What the files say of security groups, checked field by field; tags and groups are still names.
struct SecurityGroupDraft {
  var name: Located<String>
  var resourceID: ResourceID?
  /// Azure's ID as it is written.
  var writtenID: String?
  var rules: [SecurityRuleDraft] = []
  var place: Place
}

struct SecurityRuleDraft {
  /// Where packets come from or go to, and by which ports.
  struct Side {
    /// Prefixes, tags and `*`.
    var addresses: [Located<String>] = []
    var applicationGroups: [Reference] = []
    var ports: [Located<ClosedRange<UInt16>>] = []
    /// Where the first application security group and the first tag or prefix stand, for messages.
    var groupsPlace: Place?
    /// Something was written, right or wrong.
    var hasAddresses = false
    var hasPorts = false
  }

  var name: Located<String>
  var priority: Located<Int>?
  var direction: SecurityRule.Direction?
  var access: SecurityRule.Access?
  var transport: Located<SecurityRule.Transport>?
  var source = Side()
  var destination = Side()
  var place: Place
}

struct ApplicationSecurityGroupDraft {
  var name: Located<String>
  var resourceID: ResourceID?
  var place: Place
}
