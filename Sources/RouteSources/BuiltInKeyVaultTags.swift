/// A selection of the prefixes of AzureKeyVault, in the format of the published service-tag file (change 372,
/// October 2025): per region an even spread of IPv4 prefixes and up to two of IPv6, and of the top-level tag
/// what holds them.
let builtInKeyVaultTags = """
  { "name": "AzureKeyVault", "id": "AzureKeyVault",
    "properties": {
      "changeNumber": 69, "region": "", "regionId": 0,
      "platform": "Azure", "systemService": "AzureKeyVault",
      "networkFeatures": ["API", "NSG", "UDR", "FW", "VSE"],
      "addressPrefixes": [
        "13.69.64.72/30", "13.69.111.192/30", "13.69.227.72/30", "13.74.111.148/30",
        "13.89.170.200/30", "20.40.230.32/28", "20.40.230.48/29", "20.42.64.44/30",
        "20.42.73.8/30", "20.44.13.224/30", "20.44.19.172/30", "20.50.80.192/30",
        "20.58.67.48/29", "20.58.67.56/30", "20.61.103.224/29", "20.61.103.232/30",
        "20.62.60.128/27", "20.62.134.76/30", "20.62.134.224/29", "20.66.2.28/30",
        "20.66.5.128/29", "20.88.156.160/29", "20.98.145.80/28", "20.98.192.176/28",
        "20.168.162.76/30", "40.70.146.72/30", "40.71.10.200/30", "40.112.242.144/30",
        "51.105.71.160/30", "51.105.77.56/30", "51.140.146.56/30", "51.140.210.80/30",
        "51.143.212.184/29", "51.143.213.192/30", "52.146.137.68/30", "52.146.137.168/29",
        "52.167.111.160/30", "52.182.143.192/30", "52.236.189.80/30", "2603:1020:5::340/125",
        "2603:1020:5:c02::80/125", "2603:1020:206::340/125", "2603:1020:206:c02::80/125",
        "2603:1020:605::104/126", "2603:1020:605:402::80/125", "2603:1020:705::340/125",
        "2603:1020:705:c02::80/125", "2603:1030:10::340/125", "2603:1030:10:c02::80/125",
        "2603:1030:210::340/125", "2603:1030:210:c02::80/125", "2603:1030:40c::340/125",
        "2603:1030:40c:1000::18/125", "2603:1030:a07::2a0/125", "2603:1030:a07:402::80/125"
      ] } },
  { "name": "AzureKeyVault.WestEurope", "id": "AzureKeyVault.WestEurope",
    "properties": {
      "changeNumber": 8, "region": "westeurope", "regionId": 18,
      "platform": "Azure", "systemService": "AzureKeyVault",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "13.69.64.72/30", "13.69.111.192/30", "20.61.103.224/29", "20.61.103.232/30",
        "52.236.189.80/30", "2603:1020:206::340/125", "2603:1020:206:c02::80/125"
      ] } },
  { "name": "AzureKeyVault.NorthEurope", "id": "AzureKeyVault.NorthEurope",
    "properties": {
      "changeNumber": 8, "region": "northeurope", "regionId": 17,
      "platform": "Azure", "systemService": "AzureKeyVault",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "13.69.227.72/30", "13.74.111.148/30", "20.50.80.192/30", "52.146.137.68/30",
        "52.146.137.168/29", "2603:1020:5::340/125", "2603:1020:5:c02::80/125"
      ] } },
  { "name": "AzureKeyVault.EastUS", "id": "AzureKeyVault.EastUS",
    "properties": {
      "changeNumber": 8, "region": "eastus", "regionId": 32,
      "platform": "Azure", "systemService": "AzureKeyVault",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "20.42.64.44/30", "20.42.73.8/30", "20.62.134.76/30", "20.62.134.224/29",
        "20.88.156.160/29", "40.71.10.200/30", "2603:1030:210::340/125",
        "2603:1030:210:c02::80/125"
      ] } },
  { "name": "AzureKeyVault.WestUS", "id": "AzureKeyVault.WestUS",
    "properties": {
      "changeNumber": 6, "region": "westus", "regionId": 37,
      "platform": "Azure", "systemService": "AzureKeyVault",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "20.66.2.28/30", "20.66.5.128/29", "20.168.162.76/30", "40.112.242.144/30",
        "2603:1030:a07::2a0/125", "2603:1030:a07:402::80/125"
      ] } },
  { "name": "AzureKeyVault.EastUS2", "id": "AzureKeyVault.EastUS2",
    "properties": {
      "changeNumber": 11, "region": "eastus2", "regionId": 33,
      "platform": "Azure", "systemService": "AzureKeyVault",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "20.44.19.172/30", "20.62.60.128/27", "20.98.192.176/28", "40.70.146.72/30",
        "52.167.111.160/30", "2603:1030:40c::340/125", "2603:1030:40c:1000::18/125"
      ] } },
  { "name": "AzureKeyVault.CentralUS", "id": "AzureKeyVault.CentralUS",
    "properties": {
      "changeNumber": 9, "region": "centralus", "regionId": 31,
      "platform": "Azure", "systemService": "AzureKeyVault",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "13.89.170.200/30", "20.40.230.32/28", "20.40.230.48/29", "20.44.13.224/30",
        "20.98.145.80/28", "52.182.143.192/30", "2603:1030:10::340/125",
        "2603:1030:10:c02::80/125"
      ] } },
  { "name": "AzureKeyVault.UKSouth", "id": "AzureKeyVault.UKSouth",
    "properties": {
      "changeNumber": 7, "region": "uksouth", "regionId": 27,
      "platform": "Azure", "systemService": "AzureKeyVault",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "51.105.71.160/30", "51.105.77.56/30", "51.140.146.56/30", "51.143.212.184/29",
        "51.143.213.192/30", "2603:1020:705::340/125", "2603:1020:705:c02::80/125"
      ] } },
  { "name": "AzureKeyVault.UKWest", "id": "AzureKeyVault.UKWest",
    "properties": {
      "changeNumber": 6, "region": "ukwest", "regionId": 28,
      "platform": "Azure", "systemService": "AzureKeyVault",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "20.58.67.48/29", "20.58.67.56/30", "51.140.210.80/30", "2603:1020:605::104/126",
        "2603:1020:605:402::80/125"
      ] } }
  """
