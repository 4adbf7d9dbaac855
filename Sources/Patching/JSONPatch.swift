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
        var document = PatchedDocument(target)
        var copied = 0
        for operation in operations {
            guard let members = operation.object else {
                throw undecodable(operation, "Go value of type jsonpatch.Operation")
            }
            for name in ["from", "op", "path"] {
                guard let member = members[name], member.string == nil, !member.isNull else { continue }
                throw undecodable(member, "Go struct field jsonPatchOp.\(name) of type string")
            }
            try apply(operation, to: &document, copied: &copied)
        }
        let patched = document.json
        // Moves and copies can nest what no parser would read again.
        guard !patched.nests(deeperThan: JSON.depthMax) else { throw unprocessable }
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
        throws(APIError)
    {
        guard let place = pointer("path", of: operation) else { throw unprocessable }
        switch operation["op"]?.string {
        case "add": try make(.add(.whole(operation["value"] ?? .null)), at: place, in: &document)
        case "remove": try make(.remove, at: place, in: &document)
        case "replace": try make(.replace(.whole(operation["value"] ?? .null)), at: place, in: &document)
        case "move":
            guard let from = pointer("from", of: operation), let value = document.value(at: from) else {
                throw unprocessable
            }
            try make(.remove, at: from, in: &document)
            try make(.add(value), at: place, in: &document)
        case "copy":
            guard let from = pointer("from", of: operation), let value = copy(of: from, in: document) else {
                throw unprocessable
            }
            copied += value.encoded().count
            if copied > copiedBytesMax {
                throw APIError(
                    code: 413, reason: "RequestEntityTooLarge",
                    message:
                        "Unable to complete the copy, the accumulated size increase of copy operations is \(copied), "
                        + "exceeding the limit \(copiedBytesMax)")
            }
            try make(.add(.whole(value)), at: place, in: &document)
        case "test":
            let wanted = operation["value"] ?? .null
            guard (document.value(at: place) ?? .whole(.null)) == wanted else { throw unprocessable }
        default: throw unprocessable
        }
    }

    /// What stands at a place; null for a member that an object has not, as in upstream's library.
    private static func copy(of place: JSONPointer, in document: PatchedDocument) -> JSON? {
        if let value = document.value(at: place) { return value.json }
        guard document.isObject(holding: place) else { return nil }
        return .null
    }

    private static func pointer(_ member: String, of operation: JSON) -> JSONPointer? {
        operation[member]?.string.flatMap { JSONPointer($0) }
    }

    private static func make(_ edit: PatchedDocument.Edit, at place: JSONPointer, in document: inout PatchedDocument)
        throws(APIError)
    {
        guard document.make(edit, at: place) else { throw unprocessable }
    }
}
