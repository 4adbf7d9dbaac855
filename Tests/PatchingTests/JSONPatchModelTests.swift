import Document
import Patching
import Schema
import Testing

/// JSON patches against a slow and obvious model of RFC 6902 with the liberties of upstream's library: what the two make of random
/// documents and operations is the same.
@Suite struct JSONPatchModelTests {
    /// Each operation on a whole copy of the document; nil when it cannot be done.
    private enum Model {
        static func apply(_ operations: [JSON], to document: JSON) -> JSON? {
            operations.reduce(Optional(document)) { document, operation in document.flatMap { apply(operation, to: $0) }
            }
        }

        private static func apply(_ operation: JSON, to document: JSON) -> JSON? {
            let path = JSONPointer(operation["path"]?.string ?? "")?.tokens ?? []
            let from = JSONPointer(operation["from"]?.string ?? "")?.tokens ?? []
            let value = operation["value"] ?? .null
            // The document itself can be replaced and tested, nothing else.
            switch operation["op"] {
            case "add" where path.isEmpty, "copy" where path.isEmpty || from.isEmpty,
                "move" where path.isEmpty || from.isEmpty:
                return nil
            default: break
            }
            switch operation["op"] {
            case "add": return put(value, at: path[...], in: document, mustExist: false)
            case "replace": return put(value, at: path[...], in: document, mustExist: true)
            case "remove": return remove(path[...], from: document)
            case "copy":
                return (find(from, in: document) ?? absentMember(from, of: document)).flatMap {
                    put($0, at: path[...], in: document, mustExist: false)
                }
            case "move":
                guard let moved = find(from, in: document), let left = remove(from[...], from: document) else {
                    return nil
                }
                return put(moved, at: path[...], in: left, mustExist: false)
            default: return (find(path, in: document) ?? .null) == value ? document : Optional.none
            }
        }

        private static func place(_ token: String, _ count: Int) -> Int? {
            guard let number = Int(token) else { return nil }
            let place = number < 0 ? number + count : number
            return place >= 0 && place < count ? place : nil
        }

        private static func find(_ path: some Sequence<String>, in document: JSON) -> JSON? {
            path.reduce(Optional(document)) { value, token in
                switch value {
                case .object(let object)?: object[token]
                case .array(let elements)?: place(token, elements.count).map { elements[$0] }
                default: Optional.none
                }
            }
        }

        /// Null for a member that an object has not.
        private static func absentMember(_ path: [String], of document: JSON) -> JSON? {
            guard !path.isEmpty, find(path.dropLast(), in: document)?.object != nil else { return nil }
            return .null
        }

        private static func put(_ value: JSON, at path: ArraySlice<String>, in document: JSON, mustExist: Bool) -> JSON?
        {
            guard let token = path.first else { return value }
            switch document {
            case .object(var object):
                if path.count > 1 {
                    guard let child = object[token],
                        let changed = put(value, at: path.dropFirst(), in: child, mustExist: mustExist)
                    else { return nil }
                    object[token] = changed
                } else {
                    object[token] = value
                }
                return .object(object)
            case .array(var elements):
                if path.count > 1 || mustExist {
                    guard let place = place(token, elements.count) else { return nil }
                    guard path.count > 1 else {
                        elements[place] = value
                        return .array(elements)
                    }
                    guard let changed = put(value, at: path.dropFirst(), in: elements[place], mustExist: mustExist)
                    else {
                        return nil
                    }
                    elements[place] = changed
                } else {
                    guard let place = token == "-" ? elements.count : place(token, elements.count + 1) else {
                        return nil
                    }
                    elements.insert(value, at: place)
                }
                return .array(elements)
            default: return nil
            }
        }

        private static func remove(_ path: ArraySlice<String>, from document: JSON) -> JSON? {
            guard let token = path.first else { return nil }
            switch document {
            case .object(var object):
                guard let child = object[token] else { return nil }
                if path.count > 1 {
                    guard let changed = remove(path.dropFirst(), from: child) else { return nil }
                    object[token] = changed
                } else {
                    object[token] = nil
                }
                return .object(object)
            case .array(var elements):
                guard let place = place(token, elements.count) else { return nil }
                if path.count > 1 {
                    guard let changed = remove(path.dropFirst(), from: elements[place]) else { return nil }
                    elements[place] = changed
                } else {
                    elements.remove(at: place)
                }
                return .array(elements)
            default: return nil
            }
        }
    }

    /// SplitMix64.
    private struct Random {
        var state: UInt64
        mutating func next(_ below: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((z ^ (z >> 31)) % UInt64(below))
        }
        mutating func value(_ depth: Int = 0) -> JSON {
            switch next(depth > 2 ? 3 : 5) {
            case 0: return .int(Int64(next(3)))
            case 1: return .string(["", "x", "ä"][next(3)])
            case 2: return .null
            case 3: return .array((0..<next(4)).map { _ in value(depth + 1) })
            default: return .object(JSONObject((0..<next(4)).map { _ in (token(), value(depth + 1)) }))
            }
        }
        mutating func token() -> String { ["a", "b", "é", "ö", "0", "1", "2", "-1", "-"][next(9)] }
        mutating func path() -> JSON { .string(JSONPointer(tokens: (0..<next(4)).map { _ in token() }).text) }
        mutating func operation() -> JSON {
            switch next(8) {
            case 0, 1, 2: ["op": "add", "path": path(), "value": value(1)]
            case 3: ["op": "remove", "path": path()]
            case 4: ["op": "replace", "path": path(), "value": value(1)]
            case 5: ["op": "move", "from": path(), "path": path()]
            case 6: ["op": "copy", "from": path(), "path": path()]
            default: ["op": "test", "path": path(), "value": value(2)]
            }
        }
    }

    @Test func randomPatches() throws {
        var random = Random(state: 17)
        var done = 0
        for _ in 0..<400 {
            let start: JSON = ["a": random.value(), "b": random.value(), "0": [1, ["a": 2], [3]]]
            var document = start
            var kept: [JSON] = []
            // Operations that fail are left out, so that the patch grows long.
            for _ in 0..<60 {
                let operation = random.operation()
                let wanted = Model.apply([operation], to: document)
                let found = try? JSONPatch.apply(
                    [operation], to: document, kind: GroupVersionKind(version: "v1", kind: "ConfigMap"), name: "c")
                #expect(found?.text == wanted?.text, "\(operation.text) on \(document.text)")
                guard let wanted, wanted.encoded().count < 20_000 else { continue }
                document = wanted
                kept.append(operation)
                done += 1
            }
            let whole = try? JSONPatch.apply(
                .array(kept), to: start, kind: GroupVersionKind(version: "v1", kind: "ConfigMap"), name: "c")
            #expect(whole?.text == document.text)
        }
        #expect(done > 3_500, "\(done) operations could be done")
    }

    /// What moves and copies nest deeper than any parser reads is refused.
    @Test func nestingIsBounded() throws {
        let nest: [JSON] = (0..<600).flatMap { _ -> [JSON] in
            [
                ["op": "add", "path": "/b", "value": [:]], ["op": "move", "from": "/a", "path": "/b/a"],
                ["op": "move", "from": "/b", "path": "/a"],
            ]
        }
        let kind = GroupVersionKind(version: "v1", kind: "ConfigMap")
        #expect(try JSONPatch.apply(.array(nest), to: ["a": 1], kind: kind, name: "c")["a", "a", "a"] != nil)
        #expect(throws: APIError.self) { try JSONPatch.apply(.array(nest + nest), to: ["a": 1], kind: kind, name: "c") }
    }
}
