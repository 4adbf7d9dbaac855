public import Document
internal import Records

/// Turns notes into requests for Event objects as client-go's correlator does: the same note again counts up the Event it made,
/// many alike are combined into one, and an object that is talked about too much falls silent.
public struct EventRecorder: Sendable {
    /// Notes about one object by one component: so many at once, then one in so many seconds.
    static let burst = 25.0
    static let refillSeconds = 300.0
    /// So many different messages of one reason within the interval before they are combined.
    static let similarMax = 10
    static let similarSeconds: Int64 = 600
    static let rememberedMax = 4096

    private struct Seen: Sendable {
        var name: String
        var count: Int64
    }
    private struct Allowance: Sendable {
        var tokens: Double
        var last: Timestamp
    }
    private struct Alike: Sendable {
        var messages: Set<String>
        var last: Timestamp
    }
    private let component: String
    private var seen: [String: Seen] = [:]
    private var allowances: [String: Allowance] = [:]
    private var alike: [String: Alike] = [:]
    private var lastStamp: Int64 = 0

    public init(component: String) { self.component = component }

    /// The request that makes a note known; nil when it is to be silent.
    public mutating func intent(for note: EventNote, now: Timestamp) -> Intent? {
        let component = note.component ?? self.component
        let uid = note.about["uid"]?.string ?? ""
        let type = note.isWarning ? "Warning" : "Normal"
        let object = [
            component, note.about["kind"]?.string ?? "", note.about["namespace"]?.string ?? "",
            note.about["name"]?.string ?? "", uid,
        ]
        .joined(separator: "\u{1}")
        let family = [object, type, note.reason].joined(separator: "\u{1}")
        var message = note.message
        var key = family + "\u{1}" + message
        // Combine.
        var group = alike[family] ?? Alike(messages: [], last: now)
        if now.since(group.last) > Self.similarSeconds * 1_000_000 { group.messages = [] }
        group.messages.insert(message)
        group.last = now
        if group.messages.count > Self.similarMax {
            message = "(combined from similar events): " + message
            key = family
            group.messages.removeFirst()
        }
        if alike.count >= Self.rememberedMax { alike.removeAll(keepingCapacity: true) }
        alike[family] = group
        // Silence.
        var allowance = allowances[object] ?? Allowance(tokens: Self.burst, last: now)
        let passed = Double(max(0, now.since(allowance.last))) / 1_000_000
        allowance.tokens = min(Self.burst, allowance.tokens + passed / Self.refillSeconds)
        allowance.last = now
        let allowed = allowance.tokens >= 1
        if allowed { allowance.tokens -= 1 }
        if allowances.count >= Self.rememberedMax { allowances.removeAll(keepingCapacity: true) }
        allowances[object] = allowance
        guard allowed else { return nil }

        let space = note.about["namespace"]?.string ?? ""
        let namespace = space.isEmpty ? "default" : space
        if var known = seen[key] {
            known.count += 1
            seen[key] = known
            return Intent(
                .patch(
                    .strategic,
                    ["count": .int(known.count), "lastTimestamp": .string(now.rfc3339), "message": .string(message)]),
                apiVersion: "v1", resource: "events", namespace: namespace, name: known.name)
        }
        lastStamp = max(lastStamp + 1, now.microseconds * 1000)
        let name = (note.about["name"]?.string ?? "") + "." + String(lastStamp, radix: 16)
        if seen.count >= Self.rememberedMax { seen.removeAll(keepingCapacity: true) }
        seen[key] = Seen(name: name, count: 1)
        var event: JSON = [
            "apiVersion": "v1", "kind": "Event", "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "involvedObject": note.about, "reason": .string(note.reason), "message": .string(message),
            "type": .string(type),
        ]
        if note.action.isEmpty {
            event["source"] = ["component": .string(component)]
            event["firstTimestamp"] = .string(now.rfc3339)
            event["lastTimestamp"] = .string(now.rfc3339)
            event["count"] = 1
            event["eventTime"] = .null
            event["reportingComponent"] = .string(component)
            event["reportingInstance"] = ""
        } else {
            event["action"] = .string(note.action)
            event["eventTime"] = .string(now.rfc3339Micro)
            event["firstTimestamp"] = .null
            event["lastTimestamp"] = .null
            event["source"] = .object(JSONObject())
            event["reportingComponent"] = .string(component)
            event["reportingInstance"] = .string(component)
            if !note.related.isNull { event["related"] = note.related }
        }
        return Intent(.create(event), apiVersion: "v1", resource: "events", namespace: namespace)
    }

    /// An Event that was counted up is gone (they expire): the next note makes a new one.
    public mutating func forget(event name: String) {
        for (key, known) in seen where known.name == name {
            seen[key] = nil
            break
        }
    }
}
