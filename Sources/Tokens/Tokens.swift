/// Tokens: how a virtual network is known to a service that its packets do not tell (I7).
///
/// Data Lake Storage Gen1 has no endpoint of its own. Its callers sign in at the directory service, and where they do
/// that over the endpoint `Microsoft.AzureActiveDirectory`, the token (a JWT, RFC 7519, signed with ES256) carries
/// the network's claim. The store admits by the claim as other services do by the packet. Signing in as such is not
/// gated: who comes another way gets a token without the claim.
///
/// Read next: `AccessToken.swift`, `TokenIssuer.swift`, `DataLakeStore.swift`.
