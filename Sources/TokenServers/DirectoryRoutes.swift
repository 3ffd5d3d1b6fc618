import Control
import Foundation
import Hummingbird
import Logging

/// The directory's HTTP: `POST /oauth2/token`, client credentials (RFC 6749 section 4.4) with Azure's field `resource`.
struct DirectoryRoutes {
  let directory: Directory
  let logger: Logger

  /// Of a request, in bytes: four short fields.
  private static let bodyLimit = 16_384
  private static let longestResource = 1_024

  /// RFC 6749 section 5.1, and why the token has a network's claim or has none.
  private struct Grant: Encodable {
    var accessToken: String
    var tokenType = "Bearer"
    var expiresIn: Int
    var resource: String
    var vnet: String?
    var vnetReason: String

    enum CodingKeys: String, CodingKey {
      case accessToken = "access_token"
      case tokenType = "token_type"
      case expiresIn = "expires_in"
      case resource, vnet
      case vnetReason = "vnet_reason"
    }
  }

  /// RFC 6749 section 5.2.
  private struct Failure: Encodable {
    var error: String
    var errorDescription: String

    enum CodingKeys: String, CodingKey {
      case error
      case errorDescription = "error_description"
    }
  }

  var router: Router<ConnectionContext> {
    let router = Router(context: ConnectionContext.self)
    router.add(
      middleware: Refusing(codes: {
        $0 == .internalServerError ? "server_error" : "invalid_request"
      }) {
        try Self.json(Failure(error: $0.code, errorDescription: $0.sentence), status: $0.status)
      })
    let routes = self
    router.post("/oauth2/token") { request, context in try await routes.token(request, context) }
    return router
  }

  private func token(_ request: Request, _ context: ConnectionContext) async throws -> Response {
    let form = try await form(of: request)
    guard form["grant_type"] == "client_credentials" else {
      throw Refusal(
        status: .badRequest, code: "unsupported_grant_type",
        sentence: "grant_type must be client_credentials")
    }
    guard let principal = form["client_id"], let secret = form["client_secret"],
      let resource = form["resource"]
    else {
      throw Self.invalid("the form must have client_id, client_secret and resource")
    }
    guard resource.utf8.count <= Self.longestResource else {
      throw Self.invalid("resource has more than \(Self.longestResource) bytes")
    }
    guard directory.principals.accepts(principal, secret: secret) else {
      logger.notice(
        "not signed in", metadata: ["source": "\(context.ends.map { "\($0.source)" } ?? "")"])
      throw Refusal(
        status: .unauthorized, code: "invalid_client",
        sentence: "nobody has this client_id and this client_secret")
    }
    let granted = try await directory.grant(
      principal, audience: resource, on: context.ends)
    logger.notice(
      "signed in",
      metadata: [
        "principal": "\(principal)", "subnet": "\(granted.network?.subnet ?? "")",
        "because": "\(granted.reason)",
      ])
    return try Self.json(
      Grant(
        accessToken: granted.token, expiresIn: directory.lifetime, resource: resource,
        vnet: granted.network?.subnet, vnetReason: granted.reason))
  }

  private func form(of request: Request) async throws -> Form {
    let type = request.headers[.contentType]?.split(separator: ";").first ?? ""
    guard type.trimmingCharacters(in: .whitespaces) == "application/x-www-form-urlencoded" else {
      throw Self.invalid("the body must be application/x-www-form-urlencoded")
    }
    var request = request
    let body = try await request.collectBody(upTo: Self.bodyLimit)
    do {
      return try Form(parsing: String(decoding: body.readableBytesView, as: UTF8.self))
    } catch Form.Problem.repeated(let name) {
      throw Self.invalid("the form has '\(name)' more than once")
    } catch {
      throw Self.invalid("the form is malformed")
    }
  }

  private static func invalid(_ sentence: String) -> Refusal {
    Refusal(status: .badRequest, code: "invalid_request", sentence: sentence)
  }

  /// Nobody may keep it (RFC 6749 section 5.1).
  private static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok
  ) throws -> Response {
    Response(
      status: status,
      headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSON.encode(value))))
  }
}
