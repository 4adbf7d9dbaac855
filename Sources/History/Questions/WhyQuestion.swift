import ClusterState
import Document
import Records
import Requests
import Schema

/// `why`: the chain of causes behind an object, a field, a deletion, a pod that is not scheduled, back to a request from outside.
enum WhyQuestion {
    /// The object, `field`, `at`; or `revision` alone: why that event.
    static func answer(_ query: Query, _ ground: Ground) throws(APIError) -> JSON {
        let at = try ground.revision(query, "at")
        let key = try ground.object(query, at: at)
        var why = Why(key: key, at: at, ground: ground)
        if let field = query["field"], !field.isEmpty {
            try why.field(field)
        } else {
            try why.object()
        }
        return why.answer
    }
}

/// One answer in the making.
private struct Why {
    let key: ObjectKey
    let at: UInt64
    let ground: Ground
    var answer: JSON = ["kind": "Explanation", "apiVersion": "reckon.dev/v1"]

    init(key: ObjectKey, at: UInt64, ground: Ground) {
        self.key = key
        self.at = at
        self.ground = ground
        answer["revision"] = .int(Int64(at))
    }

    // MARK: what is asked

    mutating func field(_ field: String) throws(APIError) {
        answer["field"] = .string(field)
        let blame = try ground.past.blame(of: key, at: at)
        answer["object"] = ground.reference(key, uid: blame.uid)
        guard !blame.object.isNull else { throw try Absence.error(key, at, ground) }
        let lines = blame.lines(at: field)
        if let newest = lines.compactMap({ $0.entry?.revision }).max() {
            let value = lines.count == 1 ? lines[0].value : FieldPath(field)?.value(in: blame.object) ?? .null
            answer["value"] = value
            try put("set", "\(field) is \(Self.short(value))", newest)
            return
        }
        guard lines.isEmpty else {
            throw .gone("\(field) was set before revision \(ground.past.floor), where history begins")
        }
        guard let removal = try removal(of: field) else {
            throw .badRequest("field: \(key.description) never had \(field)")
        }
        try put("removed", "\(field) is no longer set", removal)
    }

    mutating func object() throws(APIError) {
        let object = try ground.past.object(key, at: at)
        let marks = try ground.past.versions(of: key).filter { $0.revision <= at }
        guard let object else {
            guard let gone = marks.last, gone.kind == .deleted else { throw try Absence.error(key, at, ground) }
            answer["object"] = ground.reference(key, uid: gone.uid)
            try put("deleted", "it was deleted", gone.revision)
            return
        }
        answer["object"] = ground.reference(key, uid: object.uid)
        let document = object.document
        if let trouble = ObjectTrouble.of(key, document) { answer["state"] = .string(trouble) }
        if document["metadata", "deletionTimestamp"] != nil {
            try terminating(document)
            return
        }
        if key.resource == "pods", key.group.isEmpty, (document["spec", "nodeName"]?.string ?? "").isEmpty {
            try unscheduled(document, marks)
            return
        }
        guard let created = marks.last(where: { $0.kind == .created && $0.uid == object.uid })?.revision else {
            throw .gone("\(key.description) was created before revision \(ground.past.floor), where history begins")
        }
        try put("created", "it was created", created)
        // What was asked of it last: who reports its status is of no interest here.
        let asked = try ground.past.blame(of: key, at: at).lines.filter {
            !$0.path.hasPrefix("status.") && !Noise.isNoisy($0.path)
        }
        guard let newest = asked.compactMap({ $0.entry?.revision }).max(), newest != created else { return }
        let changed = try chain(newest)
        // A pod's binding follows from its creation: one chain says both.
        if changed.elements.contains(where: { $0["revision"] == .int(Int64(created)) }) {
            answer["chain"] = changed
        } else {
            answer["changed"] = changed
            answer["recent"] = recent(asked, created)
        }
        answer["below"] = try below(object.uid)
    }

    /// The last requests that changed what is asked of the object, each with the fields that still are as it set them.
    private func recent(_ lines: [Blame.Line], _ created: UInt64) -> JSON {
        let byRevision = Dictionary(grouping: lines.filter { $0.entry != nil }) { $0.entry!.revision }
        return .array(
            byRevision.keys.filter { $0 != created }.sorted(by: >).prefix(4).map { revision in
                let lines = byRevision[revision]!
                return [
                    "revision": .int(Int64(revision)), "time": .string(lines[0].entry!.time.rfc3339Micro),
                    "user": .string(lines[0].entry!.user), "manager": .string(lines[0].entry!.manager),
                    "fields": .array(lines.map { ["path": .string($0.path), "value": $0.value] }),
                ]
            })
    }

    /// What is wrong with the objects that this one owns, directly or through others.
    private func below(_ uid: String) throws(APIError) -> JSON {
        let state = try ground.state(at: at)
        var (waiting, known, found) = ([uid], Set([uid]), [JSON]())
        while let next = waiting.popLast(), found.count < 5 {
            for object in state.dependents(ofUID: next) where known.insert(object.uid).inserted {
                waiting.append(object.uid)
                guard found.count < 5, ground.refusal("get", object.key) == nil,
                    let trouble = ObjectTrouble.of(object.key, object.document)
                else { continue }
                found.append(["object": ground.reference(object.key, uid: object.uid), "state": .string(trouble)])
            }
        }
        return .array(found)
    }

    private mutating func terminating(_ document: JSON) throws(APIError) {
        let blame = try ground.past.blame(of: key, at: at)
        let finalizers = document["metadata", "finalizers"]?.strings ?? []
        let asked = blame.lines(at: "metadata.deletionTimestamp").first?.entry
        var text = "it is being deleted"
        if !finalizers.isEmpty { text += " and waits for " + finalizers.joined(separator: ", ") }
        if let asked { try put("terminating", text, asked.revision) } else { answer["answer"] = .string(text) }
        var termination = Termination(ground, at: at)
        answer["finalizers"] = .array(try termination.finalizers(key, document))
        if key.resource == "namespaces" {
            let (counts, objects) = try termination.holding(key.name)
            answer["remaining"] = counts
            answer["holding"] = .array(objects)
            let conditions = (document["status", "conditions"]?.elements ?? []).filter { $0["status"] == "True" }
            answer["conditions"] = .array(conditions.compactMap { $0["message"] })
        }
        answer["lastSeen"] = try termination.lastSeen()
    }

    private mutating func unscheduled(_ document: JSON, _ marks: [VersionMark]) throws(APIError) {
        for mark in marks.reversed() {
            if mark.kind == .created { break }
            guard let event = try ground.past.event(mark.revision), !event.decision.isEmpty,
                let decision = try? JSON(parsing: event.decision), decision["scheduler"] != nil
            else { continue }
            try put("unscheduled", "it is not scheduled: " + Reasons.sentence(decision), event.revision)
            answer["nodes"] = .array(
                (decision["filters"]?.entries ?? JSONObject()).map { node, reason in
                    let parts = (reason.string ?? "").split(separator: ":", maxSplits: 1).map {
                        String($0.trimmingPrefix(while: { $0 == " " }))
                    }
                    return [
                        "node": .string(node), "plugin": .string(parts.first ?? ""),
                        "reason": .string(parts.count > 1 ? parts[1] : ""),
                    ]
                })
            return
        }
        let gates = document["spec", "schedulingGates"]?.elements.compactMap { $0["name"]?.string } ?? []
        let scheduler = document["spec", "schedulerName"]?.string ?? "default-scheduler"
        let text =
            gates.isEmpty
            ? "no decision of \(scheduler) about it is recorded yet"
            : "it is held back by the scheduling gates \(gates.joined(separator: ", "))"
        if let created = marks.last(where: { $0.kind == .created })?.revision {
            try put("unscheduled", text, created)
        } else {
            answer["answer"] = .string(text)
        }
    }

    /// The last revision that took the field away.
    private func removal(of field: String) throws(APIError) -> UInt64? {
        let (before, events) = try ground.past.changes(of: key, through: at)
        var timeline = Timeline(of: key, before: before?.document)
        for event in events { timeline.add(event) }
        return timeline.lives.last?.entries.last { entry in
            entry.changes.contains { $0.after == nil && Blame.isWithin($0.path, field) }
        }?.revision
    }

    // MARK: the answer

    private mutating func put(_ question: String, _ text: String, _ revision: UInt64) throws(APIError) {
        answer["question"] = .string(question)
        answer["answer"] = .string(text)
        let chain = try chain(revision)
        answer["chain"] = chain
        if let decision = chain.elements.first(where: { $0["decision"] != nil })?["decision"] {
            answer["decision"] = decision
        }
    }

    private func chain(_ revision: UInt64) throws(APIError) -> JSON { try Chains.chain(revision, ground) }

    static func short(_ value: JSON) -> String {
        let text = value.text
        return text.count > 80 ? text.prefix(77) + "…" : text
    }
}
