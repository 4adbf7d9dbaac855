import Document
import HTTPEdge
import NIOCore
import Requests
import Schema

/// A request's body on its way to a document. What cannot be read is refused in the words of the decoder that upstream would
/// read it with, so a refusal depends on what the body was to be.
struct RequestBody {
    /// What a body is to be.
    enum Content {
        /// An object of that built-in kind.
        case object(String)
        /// A custom resource of that kind, which must say what it is.
        case custom(String)
        case patch(Negotiation.PatchFormat)
        /// DeleteOptions.
        case options
    }

    private let bytes: ByteBuffer
    private let content: Content

    init(_ bytes: ByteBuffer, _ content: Content) {
        self.bytes = bytes
        self.content = content
    }

    static func tooLarge(_ request: EdgeRequest) -> APIError {
        APIError(
            code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is 3145728")
    }

    /// The document, whatever it was written as; `duplicates` gets the paths of members that a JSON body has twice. 400 for
    /// what is none, or says of itself what no object can.
    func document(_ format: Negotiation.BodyFormat, _ duplicates: inout [String]) throws(APIError) -> JSON {
        let document: JSON
        switch format {
        case .json: document = try json(&duplicates)
        case .yaml: document = try yaml()
        case .protobuf: return try protobuf()
        }
        switch content {
        case .object, .custom, .options: try identify(document)
        case .patch(.apply): return try configuration(document)
        case .patch: break
        }
        return document
    }

    // MARK: Forms

    private func json(_ duplicates: inout [String]) throws(APIError) -> JSON {
        let isTooMuch = bytes.withUnsafeReadableBytes {
            JSON.holds(moreThan: JSON.bodyPartsMax, in: $0.bindMemory(to: UInt8.self))
        }
        if isTooMuch { throw .tooManyParts("limit is \(JSON.bodyPartsMax) values") }
        let parsed: Result<JSON, JSONError> = bytes.withUnsafeReadableBytes { raw in
            do throws(JSONError) {
                return .success(try JSON.parse(raw.bindMemory(to: UInt8.self), duplicates: &duplicates))
            } catch {
                return .failure(error)
            }
        }
        do throws(JSONError) { return try parsed.get() } catch {
            switch content {
            case .object, .custom, .options: throw unidentified(error.message)
            case .patch(.strategic): throw .badRequest(error.message)
            case .patch: throw .badRequest("error decoding patch: " + error.message)
            }
        }
    }

    private func yaml() throws(APIError) -> JSON {
        // JSON is YAML, too, and what most clients send; with a member twice, it is left to the other parser to complain.
        if bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == UInt8(ascii: "{") {
            var duplicates: [String] = []
            do throws(APIError) {
                let read = try json(&duplicates)
                if duplicates.isEmpty { return read }
            } catch {
                if error.code == 413 { throw error }
            }
        }
        do throws(YAMLDocument.Refusal) { return try YAMLDocument.parse(String(buffer: bytes)) } catch {
            if error.isTooMuch { throw .tooManyParts(error.message) }
            let problem = error.message
            switch content {
            case .patch: throw .badRequest("error decoding YAML: error converting YAML to JSON: " + problem)
            case .object, .custom, .options: throw unrecognized(problem)
            }
        }
    }

    private func protobuf() throws(APIError) -> JSON {
        let bytes = self.bytes.withUnsafeReadableBytes { Array($0) }
        if bytes.isEmpty { throw unrecognized("empty data") }
        guard ProtobufCodec.isEnvelope(bytes) else {
            throw unrecognized("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
        }
        return try ProtobufBody.document(bytes)
    }

    // MARK: What it says that it is

    /// Upstream reads `apiVersion` and `kind` before anything else.
    private func identify(_ document: JSON) throws(APIError) {
        guard case .object(let object) = document else {
            if document.isNull { return try demandKind("", in: document) }
            let shape =
                #"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#
            throw unidentified("json: cannot unmarshal \(document.goKind) into Go value of type \(shape)")
        }
        for member in ["apiVersion", "kind"] {
            guard let said = object[member], !said.isNull, said.string == nil else { continue }
            throw unidentified("json: cannot unmarshal \(said.goKind) into Go struct field .\(member) of type string")
        }
        try demandKind(object["kind"]?.string ?? "", in: document)
    }

    private func demandKind(_ kind: String, in document: JSON) throws(APIError) {
        guard case .custom = content, kind.isEmpty else { return }
        throw unrecognized("Object 'Kind' is missing in '\(String(buffer: bytes))'")
    }

    /// What is applied must be an object; nothing at all is an empty one.
    private func configuration(_ document: JSON) throws(APIError) -> JSON {
        if document.isNull { return .object(JSONObject()) }
        guard document.object != nil else {
            throw .badRequest(
                "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal \(document.goKind) into Go value of type map[string]interface {}"
            )
        }
        return document
    }

    // MARK: Refusals

    private func unidentified(_ problem: String) -> APIError {
        unrecognized("couldn't get version/kind; json parse error: " + problem)
    }

    private func unrecognized(_ problem: String) -> APIError {
        switch content {
        case .object(let kind), .custom(let kind):
            .badRequest("the object provided is unrecognized (must be of type \(kind)): \(problem) (\(beginning))")
        case .options, .patch: .badRequest(problem)
        }
    }

    /// How the body begins: an object as text, other bytes in hexadecimal.
    private var beginning: String {
        let shown = bytes.readableBytesView.prefix(30)
        guard let first = shown.first else { return "<empty>" }
        let text =
            first == UInt8(ascii: "{") ? String(decoding: shown, as: UTF8.self) : shown.map(\.hexadecimal).joined()
        return bytes.readableBytes > shown.count ? text + " ..." : text
    }
}

extension UInt8 {
    fileprivate var hexadecimal: String { (self < 16 ? "0" : "") + String(self, radix: 16) }
}
