public import Access
public import ClusterState
public import Document
import Schema

/// The flow schemas and priority levels of one state, made ready for classifying many requests.
public struct FlowConfiguration: Sendable {
    /// In the order in which they are tried. A schema whose level does not exist is left out.
    public let schemas: [FlowSchema]
    /// In the order of their names.
    public let levels: [PriorityLevel]
    /// The level of each schema.
    let levelOfSchema: [Int]
    /// Seats of each level: its share of the server's.
    let nominalSeats: [Int]

    static let group = "flowcontrol.apiserver.k8s.io"

    /// Whether a change of that group concerns this configuration.
    public static func concerns(group: String) -> Bool { group == self.group }

    /// `serverSeats` is how many requests of limited levels the server runs at once (upstream's `--max-requests-inflight` plus
    /// `--max-mutating-requests-inflight`).
    public init(_ state: ClusterState, serverSeats: Int) {
        func objects(_ resource: String) -> [JSON] {
            state.objects(GroupResource(group: FlowConfiguration.group, resource: resource)).map(\.document)
        }
        self.init(
            schemas: objects("flowschemas"), levels: objects("prioritylevelconfigurations"), serverSeats: serverSeats)
    }

    /// The same from the objects themselves.
    public init(schemas: [JSON], levels: [JSON], serverSeats: Int) {
        var found = levels.map { PriorityLevel($0) }
        for name in ["exempt", "catch-all"] where !found.contains(where: { $0.name == name }) {
            found.append(.mandatory(name))
        }
        found.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var places: [String: Int] = [:]
        for (place, level) in found.enumerated() { places[level.name] = place }
        var tried = schemas.map { FlowSchema($0) }.filter { places[$0.levelName] != nil }
        tried.sort {
            $0.precedence != $1.precedence
                ? $0.precedence < $1.precedence : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        // Whoever deletes the two that must be there finds them again, at both ends.
        if !tried.contains(where: { $0.name == "exempt" }) { tried.insert(FlowConfiguration.exempt, at: 0) }
        if !tried.contains(where: { $0.name == "catch-all" }) { tried.append(FlowConfiguration.catchAll) }
        let total = max(1, found.reduce(0) { $0 + $1.shares })
        self.schemas = tried
        self.levels = found
        levelOfSchema = tried.map { places[$0.levelName] ?? 0 }
        nominalSeats = found.map { Int((Int64(serverSeats) * $0.shares + total - 1) / total) }
    }

    private static let everything: JSON = [
        [
            "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": true,
        ]
    ]
    private static func mandatory(_ name: String, _ precedence: Int64, _ groups: [String]) -> FlowSchema {
        FlowSchema([
            "metadata": ["name": .string(name)],
            "spec": [
                "matchingPrecedence": .int(precedence), "priorityLevelConfiguration": ["name": .string(name)],
                "rules": [
                    [
                        "subjects": .array(groups.map { ["kind": "Group", "group": ["name": .string($0)]] }),
                        "resourceRules": everything,
                        "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
                    ]
                ],
            ],
        ])
    }
    private static let exempt = mandatory("exempt", 1, ["system:masters"])
    private static let catchAll = mandatory(
        "catch-all", 10000, ["system:unauthenticated", "system:authenticated"])

    /// The schema that the request falls under: the first that matches, `catch-all` when none does.
    public func classify(_ request: AccessAttributes) -> FlowClass {
        var at = 0
        while at < schemas.count, !schemas[at].matches(request) { at += 1 }
        if at == schemas.count { at = schemas.firstIndex { $0.name == "catch-all" } ?? schemas.count - 1 }
        return FlowClass(schema: at, level: levelOfSchema[at])
    }
}

/// Where a request belongs: places in a `FlowConfiguration`'s lists.
public struct FlowClass: Sendable, Equatable {
    public let schema: Int
    public let level: Int
}
