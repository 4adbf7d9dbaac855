import Document

/// Named quantities: a ResourceList.
struct Amounts: Sendable {
    private(set) var values: [String: Amount] = [:]
    init() {}
    init(_ json: JSON?) { for entry in json?.entries ?? JSONObject() { values[entry.key] = Amount(entry.value) } }

    subscript(name: String) -> Amount? {
        get { values[name] }
        set { values[name] = newValue }
    }
    /// In the order of the names.
    var sorted: [(String, Amount)] { values.sorted { $0.key.bytesPrecede($1.key) }.map { ($0.key, $0.value) } }

    mutating func add(_ other: Amounts) {
        for (name, amount) in other.values { values[name] = (values[name] ?? .zero) + amount }
    }
    /// Keeps the larger of each.
    mutating func raise(to other: Amounts) {
        for (name, amount) in other.values where values[name] == nil || values[name]! < amount { values[name] = amount }
    }
}

/// What a whole pod asks for.
enum PodTotals {
    /// The sum over containers, or the most that starting up needs; sidecars count from their place on. `part` is `requests` or
    /// `limits`. What the pod says for itself goes before the sum; overhead comes on top.
    static func total(_ spec: JSON, _ part: String) -> Amounts {
        var total = Amounts()
        for container in spec.list("containers") { total.add(Amounts(container["resources", part])) }
        var sidecars = Amounts()
        var starting = Amounts()
        for container in spec.list("initContainers") {
            let own = Amounts(container["resources", part])
            if container.text("restartPolicy") == "Always" {
                total.add(own)
                sidecars.add(own)
                starting.raise(to: sidecars)
            } else {
                var need = own
                need.add(sidecars)
                starting.raise(to: need)
            }
        }
        total.raise(to: starting)
        for (name, amount) in Amounts(spec["resources", part]).sorted { total[name] = amount }
        if let overhead = spec.given("overhead") {
            for (name, amount) in Amounts(overhead).sorted where part == "requests" || total[name] != nil {
                total[name] = (total[name] ?? .zero) + amount
            }
        }
        return total
    }
}
