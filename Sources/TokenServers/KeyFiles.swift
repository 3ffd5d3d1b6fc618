import Foundation
import Tokens

/// The keys of directory and store, in files.
public enum KeyFiles {
  /// The directory's key pair. Where there is no private key yet it is made, for its owner alone; the public one is written
  /// anew each time.
  /// - Parameter publicKey: where a store finds it; nil: nowhere.
  /// - Throws: `TokenServerError`.
  public static func issuer(
    named name: String, privateKey: String, publicKey: String?
  ) async throws(TokenServerError) -> TokenIssuer {
    let issuer: TokenIssuer
    if let pem = try existing(privateKey) {
      do {
        issuer = try await TokenIssuer(issuer: name, privateKey: pem)
      } catch {
        throw .notAKey(path: privateKey)
      }
    } else {
      issuer = await TokenIssuer(issuer: name)
      try make(privateKey, issuer.privateKey)
    }
    if let publicKey {
      do {
        // Whole or not at all: a store may read it at this moment.
        try Data(issuer.publicKey.utf8).write(
          to: URL(fileURLWithPath: publicKey), options: .atomic)
      } catch {
        throw .cannotWrite(path: publicKey, reason: error.localizedDescription)
      }
    }
    return issuer
  }

  /// The store's part.
  /// - Throws: `TokenServerError`.
  public static func verifier(
    issuer: String, audience: String, publicKey: String
  ) async throws(TokenServerError) -> TokenVerifier {
    guard let pem = try existing(publicKey) else {
      throw .cannotRead(path: publicKey, reason: "there is no such file")
    }
    do {
      return try await TokenVerifier(issuer: issuer, audience: audience, publicKey: pem)
    } catch {
      throw .notAKey(path: publicKey)
    }
  }

  /// Nil where there is no file.
  private static func existing(_ path: String) throws(TokenServerError) -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    } catch {
      throw .cannotRead(path: path, reason: error.localizedDescription)
    }
  }

  private static func make(_ path: String, _ pem: String) throws(TokenServerError) {
    let failed = {
      TokenServerError.cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failed() }
    defer { close(descriptor) }
    let bytes = Array((pem.hasSuffix("\n") ? pem : pem + "\n").utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else { throw failed() }
  }
}
