import Foundation
import Hummingbird
import Wire

/// The paths of the API, described in docs/api.md. Every answer is JSON; an error is an `ErrorReport`.
struct API {
  let instance: Instance

  var router: Router<BasicRequestContext> {
    let router = Router()
    router.add(middleware: ErrorsAsJSON())
    let instance = instance
    router.get("/v1/status") { _, _ in try json(await instance.status()) }
    router.get("/v1/endpoints") { _, _ in try json(await instance.endpoints()) }
    router.get("/v1/routes/{nic}") { _, context in
      try json(await instance.effectiveRoutes(of: try context.name("nic")))
    }
    router.get("/v1/routes/{nic}/comparison/{model}") { _, context in
      try json(
        await instance.comparison(
          of: try context.name("nic"), with: try context.name("model")))
    }
    router.get("/v1/security-rules/{nic}") { _, context in
      try json(await instance.effectiveSecurityGroups(of: try context.name("nic")))
    }
    router.get("/v1/flows") { _, _ in try json(await instance.flows()) }
    router.get("/v1/counters") { _, _ in try json(await instance.counters()) }
    router.get("/v1/diagnostics/{sequence}") { _, context in
      guard let sequence = UInt64(try context.name("sequence")) else {
        throw ControlError.badRequest("what stands behind /v1/diagnostics/ is a number")
      }
      return try json(await instance.diagnostics(after: sequence))
    }
    router.get("/v1/connections/{source}/{destination}") { _, context in
      try json(
        await instance.caller(
          of: ConnectionEnds(
            source: try context.socketAddress("source"),
            destination: try context.socketAddress("destination"))))
    }
    router.post("/v1/endpoints") { request, _ in
      try json(await instance.switchEndpoint(try await decode(request)))
    }
    router.post("/v1/forecast") { request, _ in
      try json(await instance.forecast(try await decode(request)))
    }
    router.post("/v1/explain") { request, _ in
      try json(await instance.explain(try await decode(request)))
    }
    router.post("/v1/reload") { _, _ in try json(await instance.reload()) }
    return router
  }
}

extension RequestContext {
  /// A part of the path, which the router leaves percent-encoded.
  fileprivate func name(_ parameter: String) throws -> String {
    let encoded = try parameters.require(parameter)
    return encoded.removingPercentEncoding ?? encoded
  }
}

extension RequestContext {
  /// An address and a port, as a part of the path.
  fileprivate func socketAddress(_ parameter: String) throws -> TransportAddress {
    let text = try name(parameter)
    guard let address = TransportAddress(text) else {
      throw ControlError.badRequest("'\(text)' is not ADDRESS:PORT")
    }
    return address
  }
}

/// Largest body of a request, in bytes: an endpoint's or a frame's, with room.
private let bodyLimit = 1 << 20

private func decode<Body: Decodable>(_ request: Request) async throws -> Body {
  var request = request
  let buffer = try await request.collectBody(upTo: bodyLimit)
  do {
    return try JSONDecoder().decode(Body.self, from: Data(buffer.readableBytesView))
  } catch let error as DecodingError {
    throw ControlError.badRequest("the body is not the JSON that is expected: \(sentence(error))")
  }
}

private func sentence(_ error: DecodingError) -> String {
  switch error {
  case .keyNotFound(let key, _): "it has no '\(key.stringValue)'"
  case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
    "'\(context.codingPath.map(\.stringValue).joined(separator: "."))' is not a \(type)"
  case .dataCorrupted(let context): context.debugDescription
  @unknown default: "\(error)"
  }
}

private func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
  let data = try JSON.encode(value)
  return Response(
    status: status, headers: [.contentType: "application/json; charset=utf-8"],
    body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
}

/// Turns what a handler throws into an `ErrorReport` with the status that fits.
private struct ErrorsAsJSON<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context,
    next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as ControlError {
      return try json(error.report, status: HTTPResponse.Status(code: error.status))
    } catch let error as any HTTPResponseError {
      let sentence =
        error.status == .notFound
        ? "nothing is at \(request.method) \(request.uri.path)"
        : (error as? HTTPError)?.body ?? error.status.reasonPhrase
      return try json(ErrorReport(error: sentence, problems: []), status: error.status)
    } catch {
      return try json(
        ErrorReport(error: "\(error)", problems: []), status: .internalServerError)
    }
  }
}
