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
        guard case .array(let operations) = patch else {
            throw .badRequest(
                "error decoding patch: json: cannot unmarshal \(kindName(patch)) into Go value of type []handlers.jsonPatchOp"
            )
        }
        if operations.count > operationsMax {
            throw APIError(
                code: 413, reason: "RequestEntityTooLarge",
                message: "The allowed maximum operations in a JSON patch is \(operationsMax), got \(operations.count)")
        }
        var document = target
        var copied = 0
        for operation in operations {
            guard operation.object != nil else {
                throw .badRequest(
                    "error decoding patch: json: cannot unmarshal \(kindName(operation)) into Go value of type jsonpatch.Operation"
                )
            }
            try apply(operation, to: &document, copied: &copied)
        }
        return document
    }

    private static func kindName(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// What every operation that cannot be done is answered with: upstream's `NewGenericServerResponse` for 422.
    static var unprocessable: APIError {
        var error = APIError(
            code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request")
        error.showsEmptyDetails = true
        return error
    }

    private static func apply(_ operation: JSON, to document: inout JSON, copied: inout Int) throws(APIError) {
        guard let path = operation["path"]?.string, let pointer = JSONPointer(path) else { throw unprocessable }
        switch operation["op"]?.string {
        case "add":
            guard let value = operation["value"] else { throw unprocessable }
            try edit(&document, pointer.tokens[...], .add(value))
        case "remove": try edit(&document, pointer.tokens[...], .remove)
        case "replace":
            guard let value = operation["value"] else { throw unprocessable }
            try edit(&document, pointer.tokens[...], .replace(value))
        case "move":
            guard let from = operation["from"]?.string.flatMap({ JSONPointer($0) }),
                let value = self.value(at: from, in: document)
            else {
                throw unprocessable
            }
            try edit(&document, from.tokens[...], .remove)
            try edit(&document, pointer.tokens[...], .add(value))
        case "copy":
            guard let from = operation["from"]?.string.flatMap({ JSONPointer($0) }),
                let value = self.value(at: from, in: document)
            else {
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
            try edit(&document, pointer.tokens[...], .add(value))
        case "test":
            let wanted = operation["value"] ?? .null
            guard (value(at: pointer, in: document) ?? .null) == wanted else { throw unprocessable }
        default: throw unprocessable
        }
    }

    private enum Edit {
        case add(JSON)
        case replace(JSON)
        case remove
    }

    private static func value(at pointer: JSONPointer, in document: JSON) -> JSON? {
        var value = document
        for token in pointer.tokens {
            switch value {
            case .object(let object):
                guard let next = object[token] else { return nil }
                value = next
            case .array(let elements):
                guard let i = place(token, elements.count) else { return nil }
                value = elements[i]
            default: return nil
            }
        }
        return value
    }

    /// The place that a token names in an array of that length: negative numbers count from its end, as upstream's library
    /// has it.
    private static func place(_ token: String, _ count: Int) -> Int? {
        guard let number = Int(token) else { return nil }
        let place = number < 0 ? number + count : number
        return (0..<count).contains(place) ? place : nil
    }

    private static func edit(_ target: inout JSON, _ path: ArraySlice<String>, _ change: Edit) throws(APIError) {
        guard let token = path.first else {
            switch change {
            case .add(let value), .replace(let value): target = value
            case .remove: throw unprocessable
            }
            return
        }
        switch target {
        case .object(var object):
            target = .null
            if path.count > 1 {
                guard var child = object[token] else { throw unprocessable }
                object[token] = .null
                try edit(&child, path.dropFirst(), change)
                object[token] = child
            } else {
                switch change {
                case .add(let value): object[token] = value
                case .replace(let value):
                    guard object[token] != nil else { throw unprocessable }
                    object[token] = value
                case .remove:
                    guard object[token] != nil else { throw unprocessable }
                    object[token] = nil
                }
            }
            target = .object(object)
        case .array(var elements):
            target = .null
            if path.count > 1 {
                guard let i = place(token, elements.count) else { throw unprocessable }
                try edit(&elements[i], path.dropFirst(), change)
            } else {
                switch change {
                case .add(let value):
                    if token == "-" {
                        elements.append(value)
                    } else {
                        guard let i = place(token, elements.count + 1) else { throw unprocessable }
                        elements.insert(value, at: i)
                    }
                case .replace(let value):
                    guard let i = place(token, elements.count) else { throw unprocessable }
                    elements[i] = value
                case .remove:
                    guard let i = place(token, elements.count) else { throw unprocessable }
                    elements.remove(at: i)
                }
            }
            target = .array(elements)
        default: throw unprocessable
        }
    }
}
