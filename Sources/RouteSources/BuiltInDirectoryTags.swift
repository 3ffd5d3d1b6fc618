/// The large prefixes of AzureActiveDirectory, in the format of the published service-tag file (change 372, October
/// 2025). The tag has no regional ones.
let builtInDirectoryTags = """
  { "name": "AzureActiveDirectory", "id": "AzureActiveDirectory",
    "properties": {
      "changeNumber": 26, "region": "", "regionId": 0,
      "platform": "Azure", "systemService": "AzureAD",
      "networkFeatures": ["API", "NSG", "UDR", "FW", "VSE"],
      "addressPrefixes": [
        "20.20.32.0/19", "20.190.128.0/18", "20.231.128.0/19", "40.126.0.0/18", "48.213.128.0/20",
        "2603:1006:2000::/48", "2603:1026:3000::/48"
      ] } }
  """
