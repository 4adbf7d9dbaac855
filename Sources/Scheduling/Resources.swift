import Document

/// Amounts of what pods ask for and nodes have: milli-CPU, bytes, and whole units of extended resources.
struct Resources: Equatable, Sendable {
    var cpu: Int64 = 0
    var memory: Int64 = 0
    var storage: Int64 = 0
    /// Extended resources and huge pages, by name; few or none.
    var extended: [(name: String, amount: Int64)] = []

    static func == (a: Resources, b: Resources) -> Bool {
        a.cpu == b.cpu && a.memory == b.memory && a.storage == b.storage && a.extended.count == b.extended.count
            && zip(a.extended, b.extended).allSatisfy { $0.name == $1.name && $0.amount == $1.amount }
    }

    init() {}
    /// Reads a resource list; `pods` is left out.
    init(_ list: JSON?) {
        for (name, value) in list?.entries ?? JSONObject() {
            guard let quantity = Quantity(value) else { continue }
            switch name {
            case "cpu": cpu = quantity.milli
            case "memory": memory = quantity.units
            case "ephemeral-storage": storage = quantity.units
            case "pods": continue
            default: extended.append((name, quantity.units))
            }
        }
    }

    subscript(name: String) -> Int64 {
        for entry in extended where entry.name == name { return entry.amount }
        return 0
    }
    mutating func add(_ other: Resources) {
        cpu += other.cpu
        memory += other.memory
        storage += other.storage
        for entry in other.extended { change(entry.name, by: entry.amount) }
    }
    mutating func subtract(_ other: Resources) {
        cpu -= other.cpu
        memory -= other.memory
        storage -= other.storage
        for entry in other.extended { change(entry.name, by: -entry.amount) }
    }
    /// The larger of each.
    mutating func raise(to other: Resources) {
        cpu = max(cpu, other.cpu)
        memory = max(memory, other.memory)
        storage = max(storage, other.storage)
        for entry in other.extended where self[entry.name] < entry.amount {
            change(entry.name, by: entry.amount - self[entry.name])
        }
    }
    private mutating func change(_ name: String, by amount: Int64) {
        for i in extended.indices where extended[i].name == name {
            extended[i].amount += amount
            return
        }
        extended.append((name, amount))
    }

    /// What a pod asks for: its containers together or its hungriest init container, sidecars counted along, plus overhead.
    /// `nonZero`: a container that asks for no CPU or memory counts a little, as scoring does.
    static func requested(by spec: JSON, nonZero: Bool) -> Resources {
        func of(_ container: JSON) -> Resources {
            var asked = Resources(container["resources"]?["requests"])
            for entry in Resources(container["resources"]?["limits"]).extended where asked[entry.name] == 0 {
                asked.extended.append(entry)
            }
            if nonZero {
                let given = container["resources"]?["requests"]
                if given?["cpu"] == nil { asked.cpu = 100 }
                if given?["memory"] == nil { asked.memory = 200 * 1024 * 1024 }
            }
            return asked
        }
        var total = Resources()
        for container in spec["containers"]?.elements ?? [] { total.add(of(container)) }
        var sidecars = Resources()
        var most = Resources()
        for container in spec["initContainers"]?.elements ?? [] {
            var asked = of(container)
            if container["restartPolicy"]?.string == "Always" {
                total.add(asked)
                sidecars.add(asked)
                asked = sidecars
            } else {
                asked.add(sidecars)
            }
            most.raise(to: asked)
        }
        total.raise(to: most)
        if let whole = spec["resources"]?["requests"] {
            let asked = Resources(whole)
            if whole["cpu"] != nil { total.cpu = asked.cpu }
            if whole["memory"] != nil { total.memory = asked.memory }
        }
        total.add(Resources(spec["overhead"]))
        return total
    }
}
