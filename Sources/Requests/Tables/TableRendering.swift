public import ClusterState
public import Document
public import Schema

/// How objects of one resource are written as a Table: columns, one row an object, and what of the object goes along.
public struct TableRendering: Sendable {
    /// `includeObject` of the query.
    enum Included: Sendable { case none, metadata, object }
    let table: PrinterTable
    let included: Included
    let apiVersion: String
    private let object: ObjectRendering
    private let sortsByPrecedence: Bool
    private let hidden: String?
    /// Set on the second and later events of a watch.
    var omitsColumns = false
    /// The moment that ages count from.
    public var now: Timestamp

    /// `state` holds the CustomResourceDefinition of a custom resource.
    public init(_ type: ResourceType, format: AnswerFormat, query: Query, state: ClusterState, now: Timestamp) {
        let table: PrinterTable =
            type.isCustom
            ? .custom(type.version, definition: Selection.definition(of: type, in: state))
            : .builtIn(type.store.group, type.store.resource)
        self.init(type, table, format: format, query: query, now: now)
    }

    private init(_ type: ResourceType, _ table: PrinterTable, format: AnswerFormat, query: Query, now: Timestamp) {
        self.now = now
        self.table = table
        sortsByPrecedence = type.resource == "flowschemas" && !type.isCustom
        hidden = BodyLayout.fieldAnnotation(of: type)
        apiVersion = format.metaAPIVersion
        switch query["includeObject"] {
        case "None": included = .none
        case "Object": included = .object
        default: included = .metadata
        }
        object = ObjectRendering(type, AnswerFormat())
    }

    /// The Table of a `scale` subresource, whose object is made for the answer.
    public static func scale(format: AnswerFormat, query: Query, now: Timestamp) -> TableRendering {
        let type = ResourceType(
            group: "autoscaling", version: "v1", resource: "scales", kind: "Scale", singular: "scale",
            isNamespaced: true, verbs: ["get"],
            schema: nil)
        return TableRendering(type, .scale, format: format, query: query, now: now)
    }

    /// The order of rows in a list: upstream's flow schemas stand by precedence, everything else as it is stored.
    func ordered(_ objects: [StoredObject]) -> [StoredObject] {
        guard sortsByPrecedence else { return objects }
        let keyed = objects.map { (Int64(BodyLayout.text($0.body, ["spec", "matchingPrecedence"]) ?? "0") ?? 0, $0) }
        return keyed.sorted { $0.0 != $1.0 ? $0.0 < $1.0 : $0.1.key.name.bytesPrecede($1.1.key.name) }.map(\.1)
    }

    /// Everything ahead of the rows.
    func writeHead(metadata: JSON, into out: inout [UInt8]) {
        out.append("{\"apiVersion\":\"" as StaticString)
        out.append(contentsOf: apiVersion.utf8)
        out.append("\",\"columnDefinitions\":" as StaticString)
        if omitsColumns {
            out.append("null" as StaticString)
        } else {
            let columns: JSON = .array(
                table.columns.map { column in
                    [
                        "name": .string(column.name), "type": .string(column.type), "format": .string(column.format),
                        "description": .string(column.description), "priority": .int(Int64(column.priority)),
                    ]
                })
            columns.encode(into: &out)
        }
        out.append(",\"kind\":\"Table\",\"metadata\":" as StaticString)
        metadata.encode(into: &out)
        out.append(",\"rows\":[" as StaticString)
    }

    /// Everything behind them.
    var tail: [UInt8] { [UInt8(ascii: "]"), UInt8(ascii: "}"), 10] }

    func writeRow(_ stored: StoredObject, into out: inout [UInt8]) { writeRow(stored.body, into: &out) }

    private func writeRow(_ body: [UInt8], into out: inout [UInt8]) {
        let document = (try? JSON(parsing: body)) ?? .null
        out.append("{\"cells\":" as StaticString)
        JSON.array(table.cells(TableCells(object: document, now: now))).encode(into: &out)
        let conditions = table.conditions(document)
        if !conditions.isEmpty {
            out.append(",\"conditions\":" as StaticString)
            JSON.array(conditions).encode(into: &out)
        }
        out.append(",\"object\":" as StaticString)
        switch included {
        case .none: out.append("null" as StaticString)
        case .metadata: BodyLayout.writePartial(body, apiVersion: apiVersion, hidden: hidden, into: &out)
        case .object: object.write(body, into: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// A Table of one object, at the object's own version: the answer to a GET, and each event of a watch.
    public func single(_ body: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        let version = BodyLayout.text(body, ["metadata", "resourceVersion"])
        writeHead(metadata: version.map { ["resourceVersion": .string($0)] } ?? [:], into: &out)
        writeRow(body, into: &out)
        out.append(contentsOf: [UInt8(ascii: "]"), UInt8(ascii: "}")])
        return out
    }

    func frame(_ type: WatchEventType, _ body: [UInt8]) -> [UInt8] { WatchFrame.bytes(type, single(body)) }
}
