import Document
import HTTPEdge
import NIOCore
import Schema

/// A request's body as a document.
enum RequestBody {
    /// Reads JSON or YAML, by the content type; `.null` for an empty body. `duplicates` gets the paths of members given twice.
    static func document(_ request: EdgeRequest, kind: String, duplicates: inout [String]) throws(APIError) -> JSON {
        if request.isBodyTooLarge { throw tooLarge(request) }
        let contentType = mediaType(request.headers["content-type"] ?? "application/json")
        switch contentType {
        case "application/yaml", "application/x-yaml", "text/yaml", "application/apply-patch+yaml":
            return try yaml(request.body)
        default:
            return try json(request.body, kind: kind, &duplicates)
        }
    }

    static func mediaType(_ header: String) -> String {
        header.prefix { $0 != ";" }.trimmingPrefix { $0 == " " }.lowercased().replacing(" ", with: "")
    }

    static func tooLarge(_ request: EdgeRequest) -> APIError {
        APIError(
            code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is 3145728")
    }

    static func json(_ body: ByteBuffer, kind: String, _ duplicates: inout [String]) throws(APIError) -> JSON {
        let parsed: Result<JSON, JSONError> = body.withUnsafeReadableBytes { raw in
            do throws(JSONError) {
                return .success(try JSON.parse(raw.bindMemory(to: UInt8.self), duplicates: &duplicates))
            } catch {
                return .failure(error)
            }
        }
        switch parsed {
        case .success(let value): return value
        case .failure(let error):
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(kind)): couldn't get version/kind; json parse error: \(error.message) at byte \(error.offset)"
            )
        }
    }

    /// YAML as the JSON it stands for.
    static func yaml(_ body: ByteBuffer) throws(APIError) -> JSON {
        // JSON is YAML, too, and what most clients send; with a member twice, it is left to the other parser to complain.
        if body.getInteger(at: body.readerIndex, as: UInt8.self) == UInt8(ascii: "{") {
            var duplicates: [String] = []
            if let read = try? json(body, kind: "", &duplicates), duplicates.isEmpty { return read }
        }
        do throws(YAMLDocument.Refusal) {
            return try YAMLDocument.parse(String(buffer: body))
        } catch {
            throw .badRequest("error decoding YAML: \(error.message)")
        }
    }
}
