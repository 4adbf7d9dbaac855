import Document
import Schema

/// One manager's part of an object: an entry of `metadata.managedFields`.
struct ManagedEntry {
    var manager: String
    var isApply: Bool
    var apiVersion: String
    var subresource: String
    /// RFC 3339, empty for none.
    var time: String
    var fields: FieldSet

    /// Whether both are the same operation of the same manager.
    func isSameOperation(as other: ManagedEntry) -> Bool {
        operation == other.operation
    }

    /// Who did what: an object has one entry of each. Applies count as one over all versions.
    struct Operation: Hashable {
        var manager: String
        var isApply: Bool
        var apiVersion: String
        var subresource: String
    }
    var operation: Operation {
        Operation(
            manager: manager, isApply: isApply, apiVersion: isApply ? "" : apiVersion, subresource: subresource)
    }

    /// Reads `managedFields`; nil when any entry is not well-formed, as upstream then passes over all of them.
    static func read(_ list: JSON?) -> [ManagedEntry]? {
        guard let list, case .array(let entries) = list else { return [] }
        var out: [ManagedEntry] = []
        out.reserveCapacity(entries.count)
        var places: [Operation: Int] = [:]
        for entry in entries {
            let operation = entry["operation"]?.string
            guard operation == "Apply" || operation == "Update", let apiVersion = entry["apiVersion"]?.string,
                !apiVersion.isEmpty,
                entry["fieldsType"]?.string == "FieldsV1"
            else { return nil }
            let read = ManagedEntry(
                manager: entry["manager"]?.string ?? "", isApply: operation == "Apply", apiVersion: apiVersion,
                subresource: entry["subresource"]?.string ?? "", time: entry["time"]?.string ?? "",
                fields: FieldSet(entry["fieldsV1"]))
            if let i = places[read.operation] {
                out[i] = read
            } else {
                places[read.operation] = out.count
                out.append(read)
            }
        }
        return out
    }

    var json: JSON {
        var out = JSONObject()
        out.storage.reserveCapacity(7)
        out.storage.append(.init(key: "apiVersion", value: .string(apiVersion)))
        out.storage.append(.init(key: "fieldsType", value: "FieldsV1"))
        out.storage.append(.init(key: "fieldsV1", value: fields.json))
        if !manager.isEmpty { out.storage.append(.init(key: "manager", value: .string(manager))) }
        out.storage.append(.init(key: "operation", value: isApply ? "Apply" : "Update"))
        if !subresource.isEmpty { out.storage.append(.init(key: "subresource", value: .string(subresource))) }
        if !time.isEmpty { out.storage.append(.init(key: "time", value: .string(time))) }
        return .object(out)
    }

    /// Applies first, then by time, manager, version and subresource: upstream's order.
    static func list(_ entries: [ManagedEntry]) -> JSON? {
        if entries.isEmpty { return nil }
        let sorted = entries.count == 1 ? entries : entries.sorted { $0.precedes($1) }
        return .array(sorted.map(\.json))
    }

    private func precedes(_ other: ManagedEntry) -> Bool {
        if isApply != other.isApply { return isApply }
        if time != other.time { return time < other.time }
        if manager != other.manager { return manager.bytesPrecede(other.manager) }
        if apiVersion != other.apiVersion { return apiVersion.bytesPrecede(other.apiVersion) }
        return subresource.bytesPrecede(other.subresource)
    }

    /// As conflicts name it: `"kubectl" with subresource "scale" using apps/v1 at 2026-…`.
    var description: String {
        var text = JSON.string(manager).text
        if !subresource.isEmpty { text += " with subresource \"\(subresource)\"" }
        return isApply ? text : text + " using \(apiVersion)"
    }
}
