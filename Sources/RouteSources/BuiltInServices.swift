/// R7 as data: services, tags, scopes, and Azure's region pairs.
///
/// Pairs are as Azure lists them for the public cloud. Most are mutual; Brazil South, Brazil Southeast, West
/// India and West US 3 name a region that names another. Regions without a pair (Poland Central, Italy
/// North, Qatar Central ...) are not listed.
///
/// The tag of Cognitive Services is not marked for service endpoints in any published file.
///
/// `resources` are the limits that Azure's documentation of each service names; where it names none there is none here.
let builtInServices = """
  {
    "services": [
      { "name": "Microsoft.Storage", "tag": "Storage", "scope": "regionAndPair",
        "exclusiveGroup": "storage",
        "resources": {
          "type": "Microsoft.Storage/storageAccounts", "virtualNetworkRules": 400, "ipRules": 400,
          "ipRulesInRegion": false } },
      { "name": "Microsoft.Storage.Global", "tag": "Storage", "scope": "everyRegion",
        "exclusiveGroup": "storage",
        "resources": {
          "type": "Microsoft.Storage/storageAccounts", "virtualNetworkRules": 400, "ipRules": 400,
          "ipRulesInRegion": false } },
      { "name": "Microsoft.Sql", "tag": "Sql", "scope": "region",
        "resources": {
          "type": "Microsoft.Sql/servers", "virtualNetworkRules": 128, "ruleBeforeEndpoint": true } },
      { "name": "Microsoft.AzureCosmosDB", "tag": "AzureCosmosDB", "scope": "everyRegion",
        "resources": {
          "type": "Microsoft.DocumentDB/databaseAccounts", "virtualNetworkRules": 64,
          "ruleBeforeEndpoint": true } },
      { "name": "Microsoft.KeyVault", "tag": "AzureKeyVault", "scope": "everyRegion",
        "resources": {
          "type": "Microsoft.KeyVault/vaults", "virtualNetworkRules": 200, "ipRules": 1000,
          "ruleBeforeEndpoint": true } },
      { "name": "Microsoft.ServiceBus", "tag": "ServiceBus", "scope": "everyRegion",
        "resources": {
          "type": "Microsoft.ServiceBus/namespaces", "virtualNetworkRules": 128, "ipRules": 128,
          "ruleBeforeEndpoint": true } },
      { "name": "Microsoft.EventHub", "tag": "EventHub", "scope": "everyRegion",
        "resources": {
          "type": "Microsoft.EventHub/namespaces", "virtualNetworkRules": 128, "ipRules": 128,
          "ruleBeforeEndpoint": true } },
      { "name": "Microsoft.Web", "tag": "AppService", "scope": "everyRegion",
        "resources": { "type": "Microsoft.Web/sites" } },
      { "name": "Microsoft.ContainerRegistry", "tag": "AzureContainerRegistry",
        "scope": "everyRegion", "preview": true,
        "resources": {
          "type": "Microsoft.ContainerRegistry/registries", "virtualNetworkRules": 100,
          "ipRules": 100 } },
      { "name": "Microsoft.CognitiveServices", "tag": "CognitiveServicesManagement",
        "scope": "everyRegion",
        "resources": {
          "type": "Microsoft.CognitiveServices/accounts", "ruleBeforeEndpoint": true } },
      { "name": "Microsoft.AzureActiveDirectory", "tag": "AzureActiveDirectory",
        "scope": "region",
        "resources": { "type": "Microsoft.DataLakeStore/accounts", "virtualNetworkRules": 100, "byToken": true } }
    ],
    "pairs": {
      "eastasia": "southeastasia", "southeastasia": "eastasia",
      "australiaeast": "australiasoutheast", "australiasoutheast": "australiaeast",
      "australiacentral": "australiacentral2", "australiacentral2": "australiacentral",
      "brazilsouth": "southcentralus", "brazilsoutheast": "brazilsouth",
      "canadacentral": "canadaeast", "canadaeast": "canadacentral",
      "northeurope": "westeurope", "westeurope": "northeurope",
      "francecentral": "francesouth", "francesouth": "francecentral",
      "germanywestcentral": "germanynorth", "germanynorth": "germanywestcentral",
      "centralindia": "southindia", "southindia": "centralindia", "westindia": "southindia",
      "jioindiawest": "jioindiacentral", "jioindiacentral": "jioindiawest",
      "japaneast": "japanwest", "japanwest": "japaneast",
      "koreacentral": "koreasouth", "koreasouth": "koreacentral",
      "norwayeast": "norwaywest", "norwaywest": "norwayeast",
      "southafricanorth": "southafricawest", "southafricawest": "southafricanorth",
      "swedencentral": "swedensouth", "swedensouth": "swedencentral",
      "switzerlandnorth": "switzerlandwest", "switzerlandwest": "switzerlandnorth",
      "uksouth": "ukwest", "ukwest": "uksouth",
      "uaenorth": "uaecentral", "uaecentral": "uaenorth",
      "eastus": "westus", "westus": "eastus",
      "eastus2": "centralus", "centralus": "eastus2",
      "northcentralus": "southcentralus", "southcentralus": "northcentralus",
      "westus2": "westcentralus", "westcentralus": "westus2",
      "westus3": "eastus"
    }
  }
  """
