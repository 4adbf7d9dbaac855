public import Document
public import Schema

/// `application/strategic-merge-patch+json`: a merge patch that knows which lists merge by which member, and the
/// directives `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`.
public enum StrategicMergePatch {
    /// Applies a patch to a document of that type. Throws 400 for directives that are not well-formed and 500, as upstream,
    /// for lists that cannot be merged.
    public static func apply(_ patch: JSON, to target: JSON, schema: TypeSchema) throws(APIError) -> JSON {
        guard case .object(let changes) = patch else { throw .badRequest("invalid JSON document") }
        return .object(try merge(target.object ?? JSONObject(), changes, schema))
    }

    private static let directive = "$patch"
    private static let retainKeys = "$retainKeys"
    private static let setElementOrder = "$setElementOrder/"
    private static let deleteFromPrimitiveList = "$deleteFromPrimitiveList/"

    private static func failed(_ message: String) -> APIError { APIError(code: 500, reason: "", message: message) }

    // MARK: Objects

    private static func merge(_ original: JSONObject, _ patch: JSONObject, _ type: TypeSchema?) throws(APIError)
        -> JSONObject
    {
        if let directive = patch[directive] {
            switch directive {
            case "replace":
                var whole = patch
                whole[Self.directive] = nil
                return whole
            case "delete": return JSONObject()
            default: throw failed("unknown patch type: \(directive.goText) in map: \(JSON.object(patch).goText)")
            }
        }
        var out = original
        var patch = patch
        try retain(&out, &patch)
        try order(&out, &patch, type)
        for (name, value) in patch where name.hasPrefix(deleteFromPrimitiveList) {
            let key = String(name.dropFirst(deleteFromPrimitiveList.count))
            guard case .array(let gone) = value, case .array(let before)? = out[key] else { continue }
            out[key] = .array(try merge(before, gone, type?[key], isDeleteList: true))
        }
        // Both sides are in the order of their names: one pass, however many members there are.
        var merged = JSONObject()
        merged.storage.reserveCapacity(out.count + patch.count)
        var i = 0
        for change in patch.storage where !change.key.hasPrefix(deleteFromPrimitiveList) {
            while i < out.storage.count, out.storage[i].key.bytesPrecede(change.key) {
                merged.storage.append(out.storage[i])
                i += 1
            }
            var before: JSON?
            if i < out.storage.count, out.storage[i].key == change.key {
                before = out.storage[i].value
                i += 1
            }
            if let value = try merge(before, change.value, type?[change.key]) {
                merged.storage.append(.init(key: change.key, value: value))
            }
        }
        merged.storage.append(contentsOf: out.storage[i...])
        return merged
    }

    /// One member's new value; nil when it goes.
    private static func merge(_ before: JSON?, _ change: JSON, _ field: Field?) throws(APIError) -> JSON? {
        switch (before, change) {
        case (_, .null): return nil
        case (.object(let before)?, .object(let change)):
            if strategies(field).contains("replace") { return .object(change) }
            return .object(try merge(before, change, structure(field)))
        case (.array(let before)?, .array(let change)):
            return .array(try merge(before, change, field, isDeleteList: false))
        default: return cleaned(change) ?? before
        }
    }

    private static func strategies(_ field: Field?) -> [String] { field?.patchStrategies ?? [] }

    private static func structure(_ field: Field?) -> TypeSchema? {
        switch field?.shape {
        case .object(let type)?, .map(.object(let type))?, .array(.object(let type))?: type
        default: nil
        }
    }

    /// `$retainKeys`: whatever it does not list goes.
    private static func retain(_ original: inout JSONObject, _ patch: inout JSONObject) throws(APIError) {
        guard let list = patch[retainKeys] else { return }
        patch[retainKeys] = nil
        guard case .array = list else { throw .badRequest("invalid patch format of retainKeys") }
        let kept = Set(list.strings)
        for (key, value) in patch where !value.isNull && !key.hasPrefix("$") {
            guard kept.contains(key) else { throw .badRequest("invalid patch format of retainKeys") }
        }
        original.removeAll { key, _ in !kept.contains(key) }
    }

    // MARK: Order of elements

    /// `$setElementOrder/…`: merges the lists that have it and puts them in order; they leave the patch.
    private static func order(_ original: inout JSONObject, _ patch: inout JSONObject, _ type: TypeSchema?)
        throws(APIError)
    {
        for (name, value) in patch where name.hasPrefix(setElementOrder) {
            patch[name] = nil
            guard case .array(let wanted) = value else {
                throw .badRequest("invalid patch format of setElementOrder list")
            }
            let key = String(name.dropFirst(setElementOrder.count))
            let field = type?[key]
            let mergeKey = field?.patchMergeKey
            let before = original[key]?.array
            let change = patch[key]?.array
            if let change { try checkOrder(change, wanted, mergeKey) }
            let merged: [JSON]
            switch (before, change) {
            case (nil, nil): continue
            case (let before?, nil): merged = before
            case (nil, let change?): merged = cleaned(.array(change))?.elements ?? []
            case (let before?, let change?): merged = try merge(before, change, field, isDeleteList: false)
            }
            original[key] = .array(ordered(merged, by: wanted, server: before ?? [], mergeKey))
            patch[key] = nil
        }
    }

    /// The elements that a patch gives must stand in the order that it asks for.
    private static func checkOrder(_ patch: [JSON], _ wanted: [JSON], _ mergeKey: String?) throws(APIError) {
        var at = 0
        for element in patch where element[directive] != "delete" {
            if element[directive] != nil { continue }
            while at < wanted.count, !isSame(wanted[at], element, mergeKey) { at += 1 }
            guard at < wanted.count else {
                throw failed(
                    "The order in patch list:\n\(JSON.array(patch).text)\n doesn't match $setElementOrder list:\n\(JSON.array(wanted).text)\n"
                )
            }
            at += 1
        }
    }

    private static func isSame(_ a: JSON, _ b: JSON, _ mergeKey: String?) -> Bool {
        if let mergeKey, a.object != nil || b.object != nil { return a[mergeKey] != nil && a[mergeKey] == b[mergeKey] }
        return a == b
    }

    /// The elements named in `wanted` in its order, the others in the server's, each of those before what it stood before.
    private static func ordered(_ merged: [JSON], by wanted: [JSON], server: [JSON], _ mergeKey: String?) -> [JSON] {
        let wantedPlaces = Places(wanted, mergeKey)
        let serverPlaces = Places(server, mergeKey)
        var named: [(Int, JSON)] = []
        var others: [(Int, JSON)] = []
        for element in merged {
            if let place = wantedPlaces.of(element) {
                named.append((place, element))
            } else {
                others.append((serverPlaces.of(element) ?? server.count, element))
            }
        }
        stableSort(&named)
        stableSort(&others)
        var out: [JSON] = []
        out.reserveCapacity(merged.count)
        var i = 0
        var j = 0
        while i < others.count || j < named.count {
            if i == others.count {
                out.append(named[j].1)
                j += 1
            } else if j == named.count {
                out.append(others[i].1)
                i += 1
            } else if let there = serverPlaces.of(named[j].1), others[i].0 < server.count, others[i].0 < there {
                out.append(others[i].1)
                i += 1
            } else {
                out.append(named[j].1)
                j += 1
            }
        }
        return out
    }

    private static func stableSort(_ elements: inout [(Int, JSON)]) {
        let order = elements.indices.sorted { (elements[$0].0, $0) < (elements[$1].0, $1) }
        elements = order.map { elements[$0] }
    }

    /// Where elements stand in a list, found by their merge key or, for scalars, by their value.
    private struct Places {
        private var places: [String: Int] = [:]
        private let mergeKey: String?

        init(_ list: [JSON], _ mergeKey: String?) {
            self.mergeKey = mergeKey
            for (i, element) in list.enumerated() {
                if let name = Self.name(element, mergeKey), places[name] == nil { places[name] = i }
            }
        }
        func of(_ element: JSON) -> Int? { Self.name(element, mergeKey).flatMap { places[$0] } }

        private static func name(_ element: JSON, _ mergeKey: String?) -> String? {
            if case .object = element { return mergeKey.flatMap { element[$0] }?.text }
            return element.text
        }
    }

    // MARK: Lists

    private static func merge(_ original: [JSON], _ patch: [JSON], _ field: Field?, isDeleteList: Bool) throws(APIError)
        -> [JSON]
    {
        guard strategies(field).contains("merge") else {
            return isDeleteList ? original : cleaned(.array(patch))?.elements ?? []
        }
        if original.isEmpty && patch.isEmpty { return original }
        let first = original.first ?? patch[0]
        for element in original + patch {
            if element.array != nil { throw failed("lists of lists are not supported") }
            if (element.object == nil) != (first.object == nil) { throw failed("list element types are not identical") }
        }
        guard first.object != nil else {
            if isDeleteList {
                let gone = Set(patch.map(\.text))
                return original.filter { !gone.contains($0.text) }
            }
            var merged: [JSON] = []
            var seen: Set<String> = []
            for element in original + patch where seen.insert(element.text).inserted { merged.append(element) }
            return ordered(merged, by: patch, server: original, nil)
        }
        guard let mergeKey = field?.patchMergeKey else {
            throw failed("cannot merge lists without merge key for \(structure(field)?.shortName ?? "")")
        }
        var server = original
        var changes: [JSON] = []
        var isReplacement = false
        var gone: Set<String> = []
        for element in patch {
            switch element[directive] {
            case nil: changes.append(element)
            case "delete"?:
                guard let value = element[mergeKey] else { throw failed("delete patch type with no merge key defined") }
                gone.insert(value.text)
            case "replace"?: isReplacement = true
            case "merge"?: throw failed("merging lists cannot yet be specified in the patch")
            case let other?: throw failed("unknown patch type: \(other.goText) in map: \(element.goText)")
            }
        }
        if isReplacement { return changes }
        if !gone.isEmpty { server.removeAll { element in element[mergeKey].map { gone.contains($0.text) } ?? false } }
        var merged = server
        let places = Places(server, mergeKey)
        var added: [String: Int] = [:]
        for change in changes {
            guard let value = change[mergeKey] else {
                throw failed("map: \(change.goText) does not contain declared merge key: \(mergeKey)")
            }
            if let place = places.of(change) ?? added[value.text] {
                merged[place] = .object(try merge(merged[place].entries, change.entries, structure(field)))
            } else if let clean = cleaned(change) {
                added[value.text] = merged.count
                merged.append(clean)
            }
        }
        return ordered(merged, by: changes, server: server, mergeKey)
    }

    // MARK: New values

    /// What a patch adds where nothing was: without nulls and directives; nil when it only asks for a deletion.
    private static func cleaned(_ value: JSON) -> JSON? {
        switch value {
        case .object(let object):
            if object[directive] == "delete" { return Optional.none }
            var out = object
            out.removeAll { key, value in value.isNull || key == directive || key == retainKeys || isListDirective(key)
            }
            for i in out.keys { out[i] = cleaned(out[i] ?? .null) ?? .object(JSONObject()) }
            return .object(out)
        case .array(let elements): return .array(elements.compactMap { cleaned($0) })
        default: return value
        }
    }

    private static func isListDirective(_ key: String) -> Bool {
        key.hasPrefix(setElementOrder) || key.hasPrefix(deleteFromPrimitiveList)
    }
}
