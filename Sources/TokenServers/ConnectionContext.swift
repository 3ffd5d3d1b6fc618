import Hummingbird
import Wire

/// A request, and the two ends of the TCP connection that it came on.
struct ConnectionContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// From the client's to ours.
  let ends: ConnectionEnds?

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    let (client, server) = (source.channel.remoteAddress, source.channel.localAddress)
    guard let from = Self.end(client?.ipAddress, client?.port),
      let to = Self.end(server?.ipAddress, server?.port)
    else {
      ends = nil
      return
    }
    ends = ConnectionEnds(source: from, destination: to)
  }

  private static func end(_ address: String?, _ port: Int?) -> TransportAddress? {
    guard let address = address.flatMap({ IPAddress($0) }), let port = port.flatMap(UInt16.init)
    else { return nil }
    return TransportAddress(address, port)
  }
}

/// A refusal that a client is told.
struct Refusal: Error {
  var status: HTTPResponse.Status
  /// As the server's protocol calls it.
  var code: String
  var sentence: String
}

/// Turns whatever a handler throws into the answer that the server's protocol has for it.
struct Refusing: RouterMiddleware {
  typealias Context = ConnectionContext

  /// For what is wrong with HTTP alone: a path that is not there, a body that is too long.
  let codes: @Sendable (HTTPResponse.Status) -> String
  let answer: @Sendable (Refusal) throws -> Response

  func handle(
    _ request: Request, context: ConnectionContext,
    next: (Request, ConnectionContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let refusal as Refusal {
      return try answer(refusal)
    } catch let error as any HTTPResponseError {
      let sentence =
        error.status == .notFound
        ? "nothing is at \(request.method) \(request.uri.path)"
        : (error as? HTTPError)?.body ?? error.status.reasonPhrase
      return try answer(
        Refusal(status: error.status, code: codes(error.status), sentence: sentence))
    } catch {
      return try answer(
        Refusal(
          status: .internalServerError, code: codes(.internalServerError), sentence: "\(error)"))
    }
  }
}
