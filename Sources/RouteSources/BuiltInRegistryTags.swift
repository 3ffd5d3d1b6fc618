/// A selection of the prefixes of AzureContainerRegistry, in the format of the published service-tag file (change 372,
/// October 2025): per region an even spread of IPv4 prefixes and up to two of IPv6, and of the top-level tag
/// what holds them.
let builtInRegistryTags = """
  { "name": "AzureContainerRegistry", "id": "AzureContainerRegistry",
    "properties": {
      "changeNumber": 95, "region": "", "regionId": 0,
      "platform": "Azure", "systemService": "AzureContainerRegistry",
      "networkFeatures": ["API", "NSG", "UDR", "FW", "VSE"],
      "addressPrefixes": [
        "4.150.255.0/24", "4.207.245.0/24", "13.69.64.88/29", "13.69.106.80/29",
        "13.69.110.0/24", "13.69.112.192/26", "13.69.227.88/29", "13.69.236.0/23",
        "13.69.238.0/24", "13.74.107.80/29", "13.74.110.0/24", "13.89.170.216/29",
        "13.89.175.0/25", "13.89.178.192/26", "20.40.224.64/26", "20.42.66.0/23",
        "20.42.74.64/26", "20.44.11.0/25", "20.44.11.128/26", "20.44.19.64/26",
        "20.44.22.0/23", "20.49.127.0/26", "20.50.72.128/26", "20.50.200.0/24",
        "20.61.97.128/25", "20.62.128.0/26", "20.65.0.0/24", "20.168.162.128/26",
        "20.168.165.0/25", "20.189.169.0/24", "20.189.171.128/25", "40.70.146.88/29",
        "40.70.150.0/24", "40.71.10.216/29", "40.78.226.208/29", "40.79.154.104/29",
        "40.112.242.160/29", "51.11.97.128/26", "51.104.9.128/25", "51.105.66.144/29",
        "51.105.69.128/25", "51.105.70.0/25", "51.105.74.144/29", "51.105.77.128/25",
        "51.132.192.0/25", "51.137.166.192/26", "51.140.146.200/29", "51.140.151.64/26",
        "51.140.210.192/29", "51.140.215.0/25", "51.143.208.0/26", "52.138.226.80/29",
        "52.138.230.0/23", "52.146.131.128/26", "52.167.106.80/29", "52.167.110.0/24",
        "52.167.111.0/26", "52.168.112.192/26", "52.168.114.0/23", "52.178.18.0/23",
        "52.178.20.0/24", "52.182.138.208/29", "52.182.142.0/24", "52.236.186.80/29",
        "52.236.191.0/24", "57.151.4.0/23", "72.152.15.0/26", "72.152.167.192/26",
        "104.208.16.80/29", "104.208.200.0/23", "172.186.31.64/26", "172.187.81.64/26",
        "172.187.84.0/24", "172.210.216.64/26", "172.210.218.0/25", "172.211.120.0/23",
        "172.212.129.0/24", "2603:1020:5:9::300/122", "2603:1020:5:c02::400/121",
        "2603:1020:206:b::400/122", "2603:1020:206:c02::400/121", "2603:1020:605:3::280/122",
        "2603:1020:605:402::600/121", "2603:1020:705:3::480/122",
        "2603:1020:705:c02::400/121", "2603:1030:10:b::280/122", "2603:1030:10:c02::400/121",
        "2603:1030:210:d::680/122", "2603:1030:210:c02::400/121", "2603:1030:40c:d::400/122",
        "2603:1030:40c:1000::80/121", "2603:1030:a07:9::10/125", "2603:1030:a07:c00::180/121"
      ] } },
  { "name": "AzureContainerRegistry.WestEurope", "id": "AzureContainerRegistry.WestEurope",
    "properties": {
      "changeNumber": 9, "region": "westeurope", "regionId": 18,
      "platform": "Azure", "systemService": "AzureContainerRegistry",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "13.69.64.88/29", "13.69.106.80/29", "13.69.110.0/24", "13.69.112.192/26",
        "20.50.200.0/24", "20.61.97.128/25", "52.178.18.0/23", "52.178.20.0/24",
        "52.236.186.80/29", "52.236.191.0/24", "172.211.120.0/23", "2603:1020:206:b::400/122",
        "2603:1020:206:c02::400/121"
      ] } },
  { "name": "AzureContainerRegistry.NorthEurope", "id": "AzureContainerRegistry.NorthEurope",
    "properties": {
      "changeNumber": 8, "region": "northeurope", "regionId": 17,
      "platform": "Azure", "systemService": "AzureContainerRegistry",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "4.207.245.0/24", "13.69.227.88/29", "13.69.236.0/23", "13.69.238.0/24",
        "13.74.107.80/29", "13.74.110.0/24", "20.50.72.128/26", "52.138.226.80/29",
        "52.138.230.0/24", "52.138.231.0/24", "52.146.131.128/26", "2603:1020:5:9::300/122",
        "2603:1020:5:c02::400/121"
      ] } },
  { "name": "AzureContainerRegistry.EastUS", "id": "AzureContainerRegistry.EastUS",
    "properties": {
      "changeNumber": 10, "region": "eastus", "regionId": 32,
      "platform": "Azure", "systemService": "AzureContainerRegistry",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "20.42.66.0/24", "20.42.67.0/24", "20.42.74.64/26", "20.62.128.0/26",
        "40.71.10.216/29", "40.78.226.208/29", "40.79.154.104/29", "52.168.112.192/26",
        "52.168.114.0/24", "52.168.115.0/24", "57.151.4.0/23", "72.152.167.192/26",
        "2603:1030:210:d::680/122", "2603:1030:210:c02::400/121"
      ] } },
  { "name": "AzureContainerRegistry.WestUS", "id": "AzureContainerRegistry.WestUS",
    "properties": {
      "changeNumber": 8, "region": "westus", "regionId": 37,
      "platform": "Azure", "systemService": "AzureContainerRegistry",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "4.150.255.0/24", "20.49.127.0/26", "20.168.162.128/26", "20.168.165.0/25",
        "20.189.169.0/24", "20.189.171.128/25", "40.112.242.160/29",
        "2603:1030:a07:9::10/125", "2603:1030:a07:c00::180/121"
      ] } },
  { "name": "AzureContainerRegistry.EastUS2", "id": "AzureContainerRegistry.EastUS2",
    "properties": {
      "changeNumber": 10, "region": "eastus2", "regionId": 33,
      "platform": "Azure", "systemService": "AzureContainerRegistry",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "20.44.19.64/26", "20.44.22.0/24", "20.44.23.0/24", "20.65.0.0/24", "40.70.146.88/29",
        "40.70.150.0/24", "52.167.106.80/29", "52.167.110.0/24", "52.167.111.0/26",
        "104.208.200.0/23", "172.210.216.64/26", "172.210.218.0/25",
        "2603:1030:40c:d::400/122", "2603:1030:40c:1000::80/121"
      ] } },
  { "name": "AzureContainerRegistry.CentralUS", "id": "AzureContainerRegistry.CentralUS",
    "properties": {
      "changeNumber": 9, "region": "centralus", "regionId": 31,
      "platform": "Azure", "systemService": "AzureContainerRegistry",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "13.89.170.216/29", "13.89.175.0/25", "13.89.178.192/26", "20.40.224.64/26",
        "20.44.11.0/25", "20.44.11.128/26", "52.182.138.208/29", "52.182.142.0/25",
        "52.182.142.128/25", "72.152.15.0/26", "104.208.16.80/29", "172.212.129.0/24",
        "2603:1030:10:b::280/122", "2603:1030:10:c02::400/121"
      ] } },
  { "name": "AzureContainerRegistry.UKSouth", "id": "AzureContainerRegistry.UKSouth",
    "properties": {
      "changeNumber": 8, "region": "uksouth", "regionId": 27,
      "platform": "Azure", "systemService": "AzureContainerRegistry",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "51.104.9.128/25", "51.105.66.144/29", "51.105.69.128/25", "51.105.70.0/25",
        "51.105.74.144/29", "51.105.77.128/25", "51.132.192.0/25", "51.140.146.200/29",
        "51.140.151.64/26", "51.143.208.0/26", "172.187.81.64/26", "172.187.84.0/24",
        "2603:1020:705:3::480/122", "2603:1020:705:c02::400/121"
      ] } },
  { "name": "AzureContainerRegistry.UKWest", "id": "AzureContainerRegistry.UKWest",
    "properties": {
      "changeNumber": 8, "region": "ukwest", "regionId": 28,
      "platform": "Azure", "systemService": "AzureContainerRegistry",
      "networkFeatures": ["API", "NSG", "UDR", "FW"],
      "addressPrefixes": [
        "51.11.97.128/26", "51.137.166.192/26", "51.140.210.192/29", "51.140.215.0/25",
        "172.186.31.64/26", "2603:1020:605:3::280/122", "2603:1020:605:402::600/121"
      ] } }
  """
