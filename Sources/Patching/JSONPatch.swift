public import Document
public import Schema

/// RFC 6902, `application/json-patch+json`, with upstream's limits and refusals.
public enum JSONPatch {
    /// The most operations that one patch may hold: upstream's `maxJSONPatchOperations`.
    public static let operationsMax = 10_000
    /// The most bytes by which the `copy` operations of one patch may grow an object, in its encoding.
    public static let copiedBytesMax = 3 * 1024 * 1024

    /// Applies the operations in order; none of them counts when one fails. `kind` and `name` name the object in refusals.
    public static func apply(_ patch: JSON, to target: JSON, kind: GroupVersionKind, name: String) throws(APIError)
        -> JSON
    {
        if patch.isNull { return target }
        guard case .array(let operations) = patch else {
            throw undecodable(patch, "Go value of type []handlers.jsonPatchOp")
        }
        if operations.count > operationsMax {
            throw APIError(
                code: 413, reason: "RequestEntityTooLarge",
                message: "The allowed maximum operations in a JSON patch is \(operationsMax), got \(operations.count)")
        }
        for operation in operations {
            guard let members = operation.object else {
                throw undecodable(operation, "Go value of type jsonpatch.Operation")
            }
            for name in ["from", "op", "path"] {
                guard let member = members[name], member.string == nil, !member.isNull else { continue }
                throw undecodable(member, "Go struct field jsonPatchOp.\(name) of type string")
            }
        }
        do throws(Undone) { return try apply(operations, to: target) } catch { throw error.refusal }
    }

    /// Why an operation cannot be done: clients are not told more than that it cannot, webhooks are.
    public struct Undone: Error {
        /// In the words of upstream's library.
        public let message: String
        /// What a client is answered.
        public let refusal: APIError

        init(_ message: String, _ refusal: APIError? = nil) {
            self.message = message
            self.refusal = refusal ?? JSONPatch.unprocessable
        }
    }

    /// Applies operations whose members may be of any type.
    public static func apply(_ operations: [JSON], to target: JSON) throws(Undone) -> JSON {
        var document = PatchedDocument(target)
        var copied = 0
        for operation in operations { try apply(operation, to: &document, copied: &copied) }
        let patched = document.json
        // Moves and copies can nest what no parser would read again.
        guard !patched.nests(deeperThan: JSON.depthMax) else { throw Undone("the object nests too deeply") }
        return patched
    }

    private static func undecodable(_ value: JSON, _ into: String) -> APIError {
        .badRequest("error decoding patch: json: cannot unmarshal \(value.goKind) into \(into)")
    }

    /// What every operation that cannot be done is answered with: upstream's `NewGenericServerResponse` for 422.
    static var unprocessable: APIError {
        var error = APIError(
            code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request")
        error.showsEmptyDetails = true
        return error
    }

    private static func apply(_ operation: JSON, to document: inout PatchedDocument, copied: inout Int)
        throws(Undone)
    {
        let op = operation["op"]?.string ?? "unknown"
        let value = PatchedValue.whole(operation["value"] ?? .null)
        switch op {
        case "add":
            let place = try place(of: operation, op, "missing value")
            let holder = try holder(of: place, in: document, op, "doc is missing path: \(goQuoted(place.text))")
            guard let pointer = place.pointer, !pointer.tokens.isEmpty, document.make(.add(value), at: pointer) else {
                throw Undone("error in add for path: '\(place.text)': \(holder.problem(place.last, adds: true))")
            }
        case "remove":
            let place = try place(of: operation, op, "missing value")
            let holder = try holder(of: place, in: document, op, "doc is missing path: \(goQuoted(place.text))")
            guard let pointer = place.pointer, document.make(.remove, at: pointer) else {
                throw Undone("error in remove for path: '\(place.text)': \(holder.problem(place.last))")
            }
        case "replace":
            let place = try place(of: operation, op, "operation missing path field: missing value")
            if !place.text.isEmpty {
                _ = try holder(of: place, in: document, op, "doc is missing path: \(place.text)")
            }
            guard let pointer = place.pointer, document.make(.replace(value), at: pointer) else {
                throw Undone("replace operation does not apply: doc is missing key: \(place.text): missing value")
            }
        case "move": try move(operation, &document)
        case "copy": try copy(operation, &document, &copied)
        case "test":
            let place = try place(of: operation, op, "operation missing path field: missing value")
            // What is not there is null.
            let found = place.pointer.flatMap { document.value(at: $0) } ?? .whole(.null)
            if found == operation["value"] ?? .null { return }
            if !place.text.isEmpty {
                let holder = try holder(of: place, in: document, op, "is missing path: \(place.text)")
                if let problem = holder.indexProblem(place.last) {
                    throw Undone("error in test for path: '\(place.text)': \(problem)")
                }
            }
            throw Undone("testing value \(place.text) failed: test failed")
        default: throw Undone("Unexpected kind: \(op)")
        }
    }

    private static func move(_ operation: JSON, _ document: inout PatchedDocument) throws(Undone) {
        let from = try source(of: operation, "move")
        let former = try holder(of: from, in: document, "move", "doc is missing from path: \(from.text)")
        guard let start = from.pointer, let value = document.value(at: start), document.make(.remove, at: start) else {
            throw Undone("error in move for path: '\(from.last)': \(former.problem(from.last))")
        }
        let place = try place(of: operation, "move", "operation missing path field: missing value")
        let holder = try holder(of: place, in: document, "move", "doc is missing destination path: \(place.text)")
        guard let pointer = place.pointer, document.make(.add(value), at: pointer) else {
            throw Undone("error in move for path: '\(place.text)': \(holder.problem(place.last, adds: true))")
        }
    }

    private static func copy(_ operation: JSON, _ document: inout PatchedDocument, _ copied: inout Int)
        throws(Undone)
    {
        let from = try source(of: operation, "copy")
        let former = try holder(of: from, in: document, "copy", "doc is missing from path: \(from.text)")
        if let problem = former.indexProblem(from.last) {
            throw Undone("error in copy for from: '\(from.text)': \(problem)")
        }
        // A member that an object has not is null, as in upstream's library.
        let value = from.pointer.flatMap { document.value(at: $0) }?.json ?? .null
        let place = try place(of: operation, "copy", "missing value")
        let holder = try holder(of: place, in: document, "copy", "doc is missing destination path: \(place.text)")
        copied += value.encoded().count
        if copied > copiedBytesMax {
            let message =
                "Unable to complete the copy, the accumulated size increase of copy operations is \(copied), "
                + "exceeding the limit \(copiedBytesMax)"
            throw Undone(message, APIError(code: 413, reason: "RequestEntityTooLarge", message: message))
        }
        guard let pointer = place.pointer, document.make(.add(.whole(value)), at: pointer) else {
            throw Undone("error while adding value during copy: \(holder.problem(place.last, adds: true))")
        }
    }

    // MARK: Places

    /// A pointer as it was written.
    private struct Place {
        let text: String
        /// nil for a text that is no pointer.
        let pointer: JSONPointer?
        var last: String { pointer?.tokens.last ?? "" }
    }

    private static func place(of operation: JSON, _ op: String, _ missing: String) throws(Undone) -> Place {
        guard let text = operation["path"]?.string else {
            throw Undone("\(op) operation failed to decode path: \(missing)")
        }
        return Place(text: text, pointer: JSONPointer(text))
    }

    private static func source(of operation: JSON, _ op: String) throws(Undone) -> Place {
        let from = operation["from"] ?? .null
        guard let text = from.string else {
            let why =
                from.isNull
                ? "operation, missing from field: missing value"
                : "json: cannot unmarshal \(from.goKind) into Go value of type string"
            throw Undone("\(op) operation failed to decode from: \(why)")
        }
        return Place(text: text, pointer: JSONPointer(text))
    }

    /// The object or array that a place is in.
    private static func holder(
        of place: Place, in document: PatchedDocument, _ op: String, _ missing: @autoclosure () -> String
    ) throws(Undone) -> PatchedHolder {
        if let pointer = place.pointer, let holder = document.holder(of: pointer) { return holder }
        throw Undone("\(op) operation does not apply: \(missing()): missing value")
    }
}

/// What a place of a patched document is in: nil elements for an object.
struct PatchedHolder {
    let elements: Int?

    /// Why an array has no such element; nil when it has, and for an object.
    func indexProblem(_ token: String) -> String? {
        guard let elements else { return nil }
        guard let index = Int(token) else { return "strconv.Atoi: parsing \(goQuoted(token)): invalid syntax" }
        return (-elements..<elements).contains(index)
            ? nil : "Unable to access invalid index: \(index): invalid index referenced"
    }

    /// Why nothing could be done with that member or element.
    func problem(_ token: String, adds: Bool = false) -> String {
        guard elements != nil else { return "Unable to remove nonexistent key: \(token): missing value" }
        guard let index = Int(token) else {
            let why = "strconv.Atoi: parsing \(goQuoted(token)): invalid syntax"
            return adds ? "value was not a proper array index: '\(token)': \(why)" : why
        }
        return "Unable to access invalid index: \(index): invalid index referenced"
    }
}
