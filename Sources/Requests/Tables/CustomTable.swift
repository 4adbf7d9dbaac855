import Document
import Schema

extension PrinterTable {
    /// The table of a custom resource: its name, then the `additionalPrinterColumns` of the version, or its age when there are none.
    static func custom(_ version: String, definition: JSON?) -> PrinterTable {
        let declared = definition?["spec", "versions"]?.elements.first { $0["name"]?.string == version }?[
            "additionalPrinterColumns"]
        var columns = [TableColumn.name]
        var readers: [@Sendable (TableCells) -> JSON] = []
        let given = declared?.elements ?? []
        if given.isEmpty {
            columns.append(
                TableColumn(
                    name: "Age", type: "date", format: "", description: TableColumn.createdDescription, priority: 0))
            return PrinterTable(columns: columns) { [$0.name, $0.age] }
        }
        for column in given {
            let type = column["type"]?.string ?? ""
            let path = column["jsonPath"]?.string ?? ""
            var description = column["description"]?.string ?? ""
            if description.isEmpty { description = "Custom resource definition column (in JSONPath format): \(path)" }
            columns.append(
                TableColumn(
                    name: column["name"]?.string ?? "", type: type, format: column["format"]?.string ?? "",
                    description: description,
                    priority: Int(column["priority"]?.int ?? 0)))
            let compiled = ColumnPath(path)
            readers.append { row in
                guard let found = compiled?.values(in: row.object), let first = found.first else { return .null }
                return cell(type, first, found, row)
            }
        }
        let all = readers
        return PrinterTable(columns: columns) { row in [row.name] + all.map { $0(row) } }
    }

    private static func cell(_ type: String, _ value: JSON, _ all: [JSON], _ row: TableCells) -> JSON {
        switch type {
        case "integer":
            switch value {
            case .int: return value
            case .double(let d): return Int64(exactly: d.rounded(.towardZero)).map { .int($0) } ?? .null
            default: return .null
            }
        case "number": return value.number == nil ? .null : value
        case "boolean": return value.bool == nil ? .null : value
        case "date":
            guard let text = value.string else { return .null }
            guard let time = Timestamp(rfc3339: text) else { return "<invalid>" }
            return .string(HumanDuration.text(microseconds: row.now.since(time)))
        case "string": return .string(all.map { $0.string ?? ($0.isNull ? "<nil>" : $0.text) }.joined(separator: " "))
        default: return .null
        }
    }
}
