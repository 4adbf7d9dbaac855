import Document
import HTTPEdge
import NIOCore
import Schema
import Yams

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
        let text = String(buffer: body)
        do {
            guard let node = try Yams.compose(yaml: text) else { return .null }
            return try document(node, depth: 0)
        } catch {
            throw .badRequest("error decoding YAML: \(error)")
        }
    }

    private struct TooDeep: Error {}

    private static func document(_ node: Node, depth: Int) throws -> JSON {
        guard depth < 200 else { throw TooDeep() }
        switch node {
        case .mapping(let mapping):
            var members: [(String, JSON)] = []
            for (key, value) in mapping {
                members.append((key.scalar?.string ?? "", try document(value, depth: depth + 1)))
            }
            return .object(JSONObject(members))
        case .sequence(let sequence): return .array(try sequence.map { try document($0, depth: depth + 1) })
        case .scalar(let scalar): return value(scalar, node)
        case .alias: throw TooDeep()
        }
    }

    private static func value(_ scalar: Node.Scalar, _ node: Node) -> JSON {
        switch node.tag.description {
        case "tag:yaml.org,2002:null": return .null
        case "tag:yaml.org,2002:bool": return node.bool.map { .bool($0) } ?? .string(scalar.string)
        case "tag:yaml.org,2002:int": return node.int.map { .int(Int64($0)) } ?? .string(scalar.string)
        case "tag:yaml.org,2002:float": return node.float.map { .double($0) } ?? .string(scalar.string)
        default: return .string(scalar.string)
        }
    }
}
