/// One column of a Table: `metav1.TableColumnDefinition`.
struct TableColumn: Sendable {
    let name: String
    /// `string`, `integer`, `boolean`, `date`.
    let type: String
    let format: String
    let description: String
    /// Above 0: shown by `-o wide` only.
    let priority: Int

    static func text(_ name: String, _ description: String, format: String = "", wide: Bool = false) -> TableColumn {
        TableColumn(name: name, type: "string", format: format, description: description, priority: wide ? 1 : 0)
    }
    static func integer(_ name: String, _ description: String) -> TableColumn {
        TableColumn(name: name, type: "integer", format: "", description: description, priority: 0)
    }
    static func boolean(_ name: String, _ description: String) -> TableColumn {
        TableColumn(name: name, type: "boolean", format: "", description: description, priority: 0)
    }

    static let name = text("Name", nameDescription, format: "name")
    static let age = text("Age", createdDescription)
    static let createdAt = TableColumn(
        name: "Created At", type: "date", format: "", description: createdDescription, priority: 0)

    static let nameDescription = """
        Name must be unique within a namespace. Is required when creating resources, although some resources may \
        allow a client to request the generation of an appropriate name automatically. Name is primarily intended \
        for creation idempotence and configuration definition. Cannot be updated. More info: \
        https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names
        """
    static let createdDescription = """
        CreationTimestamp is a timestamp representing the server time when this object was created. It is not \
        guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It \
        is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More \
        info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata
        """
}

/// The columns of every built-in kind that has its own.
enum Columns {}
