import Control
import Foundation
import Hummingbird
import Logging
import Tokens

/// The store's HTTP: `GET /webhdfs/v1/PATH?op=OPEN`, as Data Lake Gen1 has it (WebHDFS), with a bearer token (RFC 6750).
///
/// Whether a file is there is said to those who are admitted alone.
struct StoreRoutes {
  let account: Account
  let folder: ServedFolder
  let logger: Logger

  private static let piece = 65_536

  /// As WebHDFS says it.
  private struct Failure: Encodable {
    struct Exception: Encodable {
      var exception: String
      var message: String
    }
    var remoteException: Exception

    enum CodingKeys: String, CodingKey {
      case remoteException = "RemoteException"
    }
  }

  var router: Router<ConnectionContext> {
    let router = Router(context: ConnectionContext.self)
    router.add(
      middleware: Refusing(codes: Self.exception) { refusal in
        try Self.answer(refusal)
      })
    let routes = self
    router.get("/webhdfs/v1/**") { request, context in try await routes.open(request, context) }
    return router
  }

  private func open(_ request: Request, _ context: ConnectionContext) async throws -> Response {
    try await admit(request, context)
    guard request.uri.queryParameters["op"] == "OPEN" else {
      throw Refusal(
        status: .badRequest, code: "UnsupportedOperationException", sentence: "op must be OPEN")
    }
    let names = context.parameters.getCatchAll().map { name in
      String(name).removingPercentEncoding ?? ""
    }
    let file: OpenFile
    do {
      file = try folder.open(names)
    } catch ServedFolder.Problem.badName(let name) {
      throw Refusal(
        status: .badRequest, code: "IllegalArgumentException",
        sentence: "'\(name)' is no name in a path")
    } catch ServedFolder.Problem.unreadable(let reason) {
      throw Refusal(status: .forbidden, code: "IOException", sentence: "cannot be read: \(reason)")
    } catch {
      throw Refusal(
        status: .notFound, code: "FileNotFoundException",
        sentence: "there is no file /\(names.joined(separator: "/"))")
    }
    return Response(
      status: .ok, headers: [.contentType: "application/octet-stream"],
      body: ResponseBody(contentLength: file.size) { writer in
        var rest = file.size
        while rest > 0 {
          let bytes = try file.read(upTo: min(rest, Self.piece))
          // Cut meanwhile: the connection ends short of the length that was said.
          guard !bytes.isEmpty else { throw ServedFolder.Problem.unreadable("it became shorter") }
          rest -= bytes.count
          try await writer.write(ByteBuffer(bytes: bytes))
        }
        try await writer.finish(nil)
      })
  }

  private func admit(_ request: Request, _ context: ConnectionContext) async throws {
    guard let source = context.ends?.source else {
      throw Refusal(
        status: .forbidden, code: Self.exception(.forbidden), sentence: "the caller has no address")
    }
    guard let token = Self.bearer(request.headers[.authorization]) else {
      throw unauthorized("a request needs a bearer token", source)
    }
    let decision: Account.Decision
    do throws(TokenProblem) {
      decision = try await account.decide(token, from: source.address)
    } catch {
      throw unauthorized("\(error)", source)
    }
    logger.notice(
      decision.isAdmitted ? "admitted" : "denied",
      metadata: [
        "source": "\(source)", "principal": "\(decision.principal)",
        "because": "\(decision.sentence)",
      ])
    guard decision.isAdmitted else {
      throw Refusal(
        status: .forbidden, code: Self.exception(.forbidden), sentence: decision.sentence)
    }
  }

  private func unauthorized(_ sentence: String, _ source: some CustomStringConvertible) -> Refusal {
    logger.notice("refused", metadata: ["source": "\(source)", "because": "\(sentence)"])
    return Refusal(
      status: .unauthorized, code: Self.exception(.unauthorized), sentence: sentence)
  }

  /// The scheme in any case (RFC 9110 section 11.1).
  private static func bearer(_ header: String?) -> String? {
    let words = header?.split(separator: " ") ?? []
    guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
    return String(words[1])
  }

  @Sendable
  private static func exception(_ status: HTTPResponse.Status) -> String {
    switch status {
    case .unauthorized: "SecurityException"
    case .forbidden: "AccessControlException"
    case .notFound: "FileNotFoundException"
    case .internalServerError: "RuntimeException"
    default: "IllegalArgumentException"
    }
  }

  private static func answer(_ refusal: Refusal) throws -> Response {
    let failure = Failure(
      remoteException: .init(exception: refusal.code, message: refusal.sentence))
    var headers: HTTPFields = [.contentType: "application/json; charset=utf-8"]
    if refusal.status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
    return Response(
      status: refusal.status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSON.encode(failure))))
  }
}
