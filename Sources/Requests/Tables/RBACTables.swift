import Document

extension PrinterTable {
    static func rbac(_ resource: String) -> PrinterTable? {
        switch resource {
        case "rolebindings": binding(Columns.rolebindings)
        case "clusterrolebindings": binding(Columns.clusterrolebindings)
        default: nil
        }
    }

    private static func binding(_ columns: [TableColumn]) -> PrinterTable {
        PrinterTable(columns: columns) { row in
            var (users, groups, accounts): ([String], [String], [String]) = ([], [], [])
            for subject in row.object["subjects"]?.elements ?? [] {
                let name = subject["name"]?.string ?? ""
                switch subject["kind"]?.string {
                case "User": users.append(name)
                case "Group": groups.append(name)
                case "ServiceAccount": accounts.append("\(subject["namespace"]?.string ?? "")/\(name)")
                default: break
                }
            }
            return [
                row.name,
                .string(
                    "\(row.object["roleRef", "kind"]?.string ?? "")/\(row.object["roleRef", "name"]?.string ?? "")"),
                row.age,
                .string(users.joined(separator: ", ")), .string(groups.joined(separator: ", ")),
                .string(accounts.joined(separator: ", ")),
            ]
        }
    }
}
